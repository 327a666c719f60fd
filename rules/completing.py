"""What is filled in after the end of a call, because its value came too late for the create."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.bodies import template_of, texts, waits_for_recording
from rules.crm import CustomField
from rules.custom_fields import fill_fields, has_recording
from rules.formats import Regional, Value
from rules.reasons import Reason
from rules.settings import FieldRow, Settings
from rules.templates import variables_of
from rules.variables import Variable
from rules.vocabulary import Entity

COMPLETED = (Entity.CLIENT, Entity.LEAD, Entity.DEAL)


@dataclass(frozen=True)
class Sent:
    """What the create of this very call carried; `late` are its texts that were rendered early."""

    body: Mapping[str, Any]
    late: Sequence[str]


NOTHING_SENT = Sent({}, ())


@dataclass(frozen=True)
class Completion:
    """Custom fields and texts to set; `keep` are fields that must not replace what is there, and
    `before` what the texts must still be, or a person has changed them."""

    custom_fields: Mapping[str, Any]
    keep: frozenset[str]
    texts: Mapping[str, str | None]
    before: Mapping[str, str | None]
    reasons: tuple[Reason, ...]

    @property
    def is_empty(self) -> bool:
        return not self.custom_fields and not self.texts


def completion_of(
    entity: Entity,
    settings: Settings,
    values: Mapping[str, Value],
    fields: Mapping[str, CustomField],
    regional: Regional,
    sent: Sent,
    *,
    with_recording: bool,
) -> Completion:
    """What is left to fill once the call has ended; what needs its recording goes apart."""
    rows = [
        row for row in rows_left(entity, settings, sent) if has_recording(row) is with_recording
    ]
    filled = fill_fields(rows, values, fields, regional)
    late = {
        field: variables
        for field, variables in late_texts(entity, settings, values, regional, sent).items()
        if waits_for_recording(variables) is with_recording
    }
    rendered = texts(entity, settings, values, regional) if late else {}
    old = sent.body
    changed = {f: rendered[f] for f in late if rendered.get(f) and rendered[f] != old.get(f)}
    before = {field: old.get(field) for field in changed}
    return Completion(filled.values, filled.keep, changed, before, filled.reasons)


def rows_left(entity: Entity, settings: Settings, sent: Sent) -> list[FieldRow]:
    """The rows of an entity that did not go with its create."""
    gone = sent.body.get("custom_fields", {})
    return [row for row in settings.fields if row.entity is entity and row.target not in gone]


def late_texts(
    entity: Entity,
    settings: Settings,
    values: Mapping[str, Value],
    regional: Regional,
    sent: Sent,
) -> dict[str, tuple[Variable, ...]]:
    """The texts of the create that were rendered before all was known, with their variables."""
    return {
        field: variables_of(template_of(entity, field, settings, values, regional))
        for field in sent.late
    }
