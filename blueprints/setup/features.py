"""The six lines of the help page: what the integration can do, and whether it does it here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from blueprints.setup.frame import Frame
from models import Integration, UserMapping, db
from rules.settings import load
from rules.vocabulary import Create
from services.drafts import published_document


@dataclass(frozen=True)
class Feature:
    """`missing` says what has to be set up first."""

    label: str
    missing: str
    href: str

    @property
    def works(self) -> bool:
        return not self.missing


def describe_features(integration: Integration, frame: Frame) -> list[Feature]:
    """The six lines in the order of the help page, judged by what calls run by now."""
    settings = load(published_document(db.session(), integration))
    joined = db.session.execute(
        select(func.count()).where(UserMapping.integration_id == integration.id)
    ).scalar_one()
    off = "" if integration.published_version else _("the integration is not turned on yet")
    no_pbx = "" if integration.access_token_sealed else _("the CallGear key is missing")
    no_people = "" if joined else _("employees are not joined yet")
    makes = any(
        rule.create is not Create.NOTHING
        for side in (settings.incoming, settings.outgoing)
        for rule in (side.first, side.repeat)
    )
    to = {step: url_for("setup.step", id=integration.id, slug=step) for step in SLUGS}
    review = url_for("setup.step", id=integration.id, slug="review")
    return [
        Feature(_("Pop-up notifications for incoming calls"), no_people, to["users"]),
        Feature(
            _("One-click calling from Behomes CRM"),
            no_pbx or no_people,
            to["auth"] if no_pbx else to["users"] if no_people else to["outgoing"],
        ),
        Feature(_("Call history and recordings kept in Behomes CRM"), off, review),
        Feature(_("Employee sync"), no_pbx or no_people, to["auth"] if no_pbx else to["users"]),
        Feature(
            _("Flexible rules for creating clients, leads, deals and tasks from calls"),
            off or ("" if makes else _("the rules create nothing")),
            review if off else to["incoming"],
        ),
        Feature(
            _("Extra call details passed to custom fields"),
            off or ("" if settings.fields else _("no fields are chosen")),
            to["fields"] if not settings.fields else review,
        ),
    ]


SLUGS = ("auth", "users", "incoming", "outgoing", "fields")
