"""The rows of one entity while they are being put up: as stored, as typed, after a press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import current_app, request

from blueprints.setup.fields_step_parts import RowList, row_list
from forms.fields_step import TypedRow, new_row, removed_row, suggested_rows
from models import Integration, db
from rules.choices import Choices
from rules.crm import CustomField
from rules.field_rows import MergedRows, merge_rows
from rules.field_suggestions import suggest
from rules.settings import Settings
from rules.settings_checks import problems
from rules.settings_rest import usable
from rules.vocabulary import Entity
from services.drafts import Draft
from services.find_field import FieldAnswer, find_field
from services.integrations import known_references
from services.lists import ask_again

PATH = "fields"


@dataclass(frozen=True)
class Edited:
    """What one entity's page is made of: what is stored, and the rows as they stand on it."""

    integration: Integration
    entity: Entity
    draft: Draft
    choices: Choices
    rows: list[TypedRow]

    @property
    def fields(self) -> Sequence[CustomField]:
        return self.choices.fields.get(self.entity, ())

    @property
    def merged(self) -> MergedRows:
        mine = [row.as_document(self.entity) for row in self.rows]
        return merge_rows(self.draft.document[PATH], self.entity, mine)

    @property
    def settings(self) -> Settings:
        """With the rows of the page as far as they are filled in."""
        rows = [row for row in self.merged.rows if row["target"] and row["value"]]
        return usable(self.draft.document | {PATH: rows})

    def row_list(
        self, answers: Mapping[str, FieldAnswer] | None = None, *, is_final: bool = True
    ) -> RowList:
        """`is_final`: also what is not filled in yet is wrong."""
        document = self.draft.document | {PATH: self.merged.rows}
        found = problems(document, known_references(db.session(), self.integration))
        told = [each for each in found if is_final or each.code != "empty"]
        return row_list(self.rows, self.merged, told, self.fields, self.integration, answers)


@dataclass(frozen=True)
class Told:
    """What the page says beside the rows: after a press on one of its buttons."""

    focus: str = ""  # the id of a row
    removed: TypedRow | None = None
    removed_at: int = 0
    added: int | None = None
    missing: Sequence[str] = ()
    answers: Mapping[str, FieldAnswer] = field(default_factory=dict)
    is_refreshing: bool = False


def press(edited: Edited, do: str) -> Told:
    """Change the rows as the pressed button says; unknown presses change nothing."""
    action, _colon, name = do.partition(":")
    match action:
        case "add":
            edited.rows.append(new_row())
            return Told(focus=edited.rows[-1].id)
        case "remove":
            return _remove(edited.rows, name)
        case "restore":
            return _restore(edited.rows)
        case "suggest":
            return _suggest(edited)
        case "check":
            return _check(edited, name)
        case "refresh":
            ask_again(db.session(), edited.integration.id)
            return Told(is_refreshing=True)
        case _other:
            return Told()


def _remove(rows: list[TypedRow], name: str) -> Told:
    """Take a row out; the focus goes to the next one, else to the last."""
    place = next((place for place, row in enumerate(rows) if row.id == name), None)
    if place is None:
        return Told()
    removed = rows.pop(place)
    following = rows[min(place, len(rows) - 1)].id if rows else ""
    return Told(focus=following, removed=removed, removed_at=place)


def _restore(rows: list[TypedRow]) -> Told:
    found = removed_row(request.form)
    if found is None or any(row.id == found[0].id for row in rows):
        return Told()
    rows.insert(min(found[1], len(rows)), found[0])
    return Told(focus=found[0].id)


def _suggest(edited: Edited) -> Told:
    taken = [row.target for row in edited.rows]
    filled = [row.source for row in edited.rows]
    found = suggest(edited.fields, taken, filled)
    added = suggested_rows(found.found)
    edited.rows.extend(added)
    return Told(added=len(added), missing=found.missing)


def _check(edited: Edited, name: str) -> Told:
    row = next((row for row in edited.rows if row.id == name), None)
    if row is None or not row.target:
        return Told(focus=row.id if row else "")
    ports = current_app.extensions["ports"]
    answer = find_field(db.session(), edited.integration, ports, edited.entity, row.target)
    return Told(answers={row.id: answer})
