"""Every step of the wizard in words, for the review and for the page of one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from blueprints.regional_choices import country_name
from blueprints.setup.frame import StepLine
from blueprints.setup.lines import Line
from blueprints.setup.spoken import Speaker
from blueprints.setup.summaries import summarise
from forms.wizard import Step
from models import Integration, UserMapping, db
from rules.choices import Choices
from rules.document import value_at
from rules.settings import Settings
from services.shown_keys import tail
from services.vault import SealError


@dataclass(frozen=True)
class Section:
    """A step in words: sentences, then all of its values."""

    line: StepLine
    lines: list[Line]
    values: list[tuple[str, str]]


def sections(
    integration: Integration,
    lines: list[StepLine],
    document: Mapping[str, Any],
    settings: Settings,
    choices: Choices,
) -> list[Section]:
    """Every step of the wizard in words."""
    speaker = Speaker.of(choices, document)
    facts = {"auth": _auth_facts(integration), "users": _user_facts(integration, choices)}
    return [
        Section(
            line,
            [
                each
                for each in summarise(line.step.slug, integration, settings, choices) or ()
                if not each.place
            ],
            facts.get(line.step.slug) or values_of(line.step, document, speaker),
        )
        for line in lines
    ]


def values_of(step: Step, document: Mapping[str, Any], speaker: Speaker) -> list[tuple[str, str]]:
    """Every setting of a step: what it is called, and its value."""
    return [
        (speaker.label(path), speaker.value(path, value))
        for place in step.owns
        for path, value in leaves(document, place)
    ]


def leaves(document: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    """The single settings below a place of the document."""
    value = value_at(document, place)
    if place == "fields":
        rows = [(f"fields.{row['id']}", row) for row in value or ()]
        yield from rows or [(place, [])]
    elif isinstance(value, Mapping) and not _is_whole(place):
        for name in value:
            yield from leaves(document, f"{place}.{name}")
    else:
        yield place, value


def _is_whole(place: str) -> bool:
    """Told as one value, whatever stands inside."""
    return place == "working_hours" or place.startswith("templates.")


def _auth_facts(integration: Integration) -> list[tuple[str, str]]:
    return [
        (_("Name"), integration.title),
        (_("API key"), masked(integration.behomes_key_sealed)),
        (_("CallGear access key"), masked(integration.access_token_sealed)),
        (_("Default country"), country_name(integration.default_country)),
        (_("Time zone"), integration.timezone),
    ]


def _user_facts(integration: Integration, choices: Choices) -> list[tuple[str, str]]:
    query = select(func.count()).where(UserMapping.integration_id == integration.id)
    joined = db.session.execute(query).scalar_one()
    people = len([user for user in choices.users if user.is_usable])
    return [
        (
            _("Employees joined"),
            ngettext("%(num)d of %(total)s", "%(num)d of %(total)s", joined, total=people),
        ),
        (_("Every night"), _("on") if integration.nightly_sync else _("off")),
    ]


def masked(sealed: str | None) -> str:
    """`•••• 7f3a`; a key is never shown."""
    if not sealed:
        return _("not set")
    try:
        return tail(current_app.extensions["vault"].open(sealed))
    except SealError:
        return "••••"
