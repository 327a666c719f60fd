"""What makes the console an app of its own: its manifest, its worker and the page without net.

None of it holds anything of a person, so it is open to everybody: browsers fetch it without a
session.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, make_response, render_template, url_for
from flask_babel import gettext as _

from blueprints.language import select_locale

bp = Blueprint("console_app", __name__, url_prefix="/console")

ICONS = ((192, "any"), (512, "any"), (512, "maskable"))
SHORT = "public, max-age=3600"


@bp.get("/app.webmanifest")
def manifest() -> Response:
    """The name, the look and the first page of the app window."""
    icons = [
        {
            "src": url_for("static", filename=f"console/icon-{purpose}-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size, purpose in ICONS
    ]
    told = {
        "id": "/console",
        "name": _("Calls: CallGear · Behomes"),
        "short_name": _("Calls"),
        "description": _("Shows who calls while your phone rings."),
        "lang": select_locale(),
        "start_url": url_for("console.index"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#F6F4F0",
        "theme_color": "#0B6168",
        "icons": icons,
    }
    response = make_response(json.dumps(told, ensure_ascii=False))
    response.headers["Content-Type"] = "application/manifest+json; charset=utf-8"
    response.headers["Cache-Control"] = SHORT
    response.vary.add("Cookie")
    return response


@bp.get("/worker.js")
def worker() -> Response:
    """The service worker, with the right to look after /console itself."""
    response = current_app.send_static_file("console/worker.js")
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Service-Worker-Allowed"] = "/console"
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/offline")
def offline() -> str:
    return render_template("console/offline.html")
