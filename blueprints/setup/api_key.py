"""The key with which the CRM asks for calls: made anew and shown once."""

from __future__ import annotations

from flask import Response, make_response, render_template

from blueprints.access import admin_only, get_integration
from blueprints.connection_form import ports
from blueprints.setup.blueprint import bp
from models import db
from services.api_keys import make_key_anew


@bp.post("/<int:id>/setup/auth/api-key")
@admin_only
def new_api_key(id: int) -> Response:
    """The answer itself shows the key: it stands nowhere else, also not in a cookie."""
    integration = get_integration(id)
    key = make_key_anew(db.session(), id)
    page = render_template(
        "setup/auth/new_api_key.html",
        integration=get_integration(integration.id),
        key=key,
        base_url=ports().public_base_url,
    )
    return make_response(page)
