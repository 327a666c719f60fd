"""What will happen with the additional fields: which are filled, when, and what is missing."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from blueprints import words
from blueprints.language import select_locale
from blueprints.setup.lines import Line, fill, strong
from models import Integration
from rules.choices import Choices
from rules.field_checks import late_variables, unfilled
from rules.settings import Settings
from rules.vocabulary import Entity

ENTITIES = (Entity.CLIENT, Entity.LEAD, Entity.DEAL)


def fields_summary(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    """What is passed on, per entity, and when."""
    lines = [line for entity in ENTITIES if (line := _entity_line(entity, settings, choices))]
    if not lines:
        lines = [Line(_("No additional field is filled: calls go without them."))]
    late = late_variables(settings.fields)
    if late:
        names = ", ".join(each.label(select_locale()) for each in late)
        lines.append(
            Line(fill(_("Known only after the call, filled in then: %(names)s."), names=names))
        )
    lines += [_required_line(integration, entity, settings, choices) for entity in ENTITIES]
    return [line for line in lines if line.text]


def _entity_line(entity: Entity, settings: Settings, choices: Choices) -> Line | None:
    rows = [row for row in settings.fields if row.entity is entity]
    if not rows:
        return None
    titles = {each.key: each.title for each in choices.fields.get(entity, ())}
    names = ", ".join(_("“%(text)s”", text=titles.get(row.target, row.target)) for row in rows)
    text = ngettext(
        "%(entity)s: %(num)d field is filled: %(names)s.",
        "%(entity)s: %(num)d fields are filled: %(names)s.",
        len(rows),
        entity="%(entity)s",
        names="%(names)s",
    )
    word = words.word(words.ENTITIES, entity).label
    return Line(fill(text, entity=strong(word), names=names))


def _required_line(
    integration: Integration, entity: Entity, settings: Settings, choices: Choices
) -> Line:
    missing = unfilled(entity, choices.fields.get(entity, ()), settings)
    if not missing:
        return Line("")
    names = ", ".join(each.title for each in missing)
    text = fill(_("Behomes requires %(names)s, and nothing fills it."), names=names)
    word = words.word(words.ENTITIES, entity).label
    return Line(text, "warn", str(word), url_for("setup.fields", id=integration.id, entity=entity))
