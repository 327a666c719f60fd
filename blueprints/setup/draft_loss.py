"""Before a draft is lost: what is lost, in words, and the button for it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response
from flask_babel import LazyString

from blueprints.htmx import render
from blueprints.setup.differences import differences
from models import Integration, db
from services.choices import read_choices
from services.drafts import published_document, read_draft


@dataclass(frozen=True)
class Loss:
    """The words of one way to lose a draft. `hidden` is sent along with the button."""

    title: LazyString | str
    text: LazyString | str
    button: LazyString | str
    address: str
    cancel: str
    hidden: tuple[tuple[str, str], ...] = ()


def render_loss(
    integration: Integration, loss: Loss, *, status: int = 200, is_changed: bool = False
) -> Response:
    """Ask before the draft is lost. `is_changed`: somebody has changed it since it was asked."""
    session = db.session()
    draft = read_draft(session, integration)
    published = published_document(session, integration)
    choices = read_choices(session, integration)
    return render(
        "setup/loss.html",
        "setup/partials/loss.html",
        status=status,
        integration=integration,
        loss=loss,
        draft=draft,
        changes=differences(integration.id, published, draft.document, choices),
        is_changed=is_changed,
    )
