"""The step `fields`: the rows of one entity as they were typed.

Each row has an id of its own that it keeps; its controls are named after it (`f1-target`). The
hidden inputs `row` tell which rows there are, and in which order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from werkzeug.datastructures import MultiDict

from rules.field_checks import plain_variable
from rules.field_suggestions import Suggestion
from rules.vocabulary import Entity

OWN_TEXT = "own"
MOST_ROWS = 500
_ID = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True)
class TypedRow:
    """`source` is a variable, `OWN_TEXT` (then `text` counts), or "" while nothing is chosen."""

    id: str
    source: str = ""
    text: str = ""
    target: str = ""
    overwrite: bool = False

    @property
    def value(self) -> str:
        """The template of the row."""
        if self.source == OWN_TEXT:
            return self.text
        return f"{{{{{self.source}}}}}" if self.source else ""

    def as_document(self, entity: Entity) -> dict[str, Any]:
        return {
            "id": self.id,
            "entity": str(entity),
            "target": self.target,
            "value": self.value,
            "overwrite": self.overwrite,
        }


def stored_row(row: Mapping[str, Any]) -> TypedRow:
    """A row of the settings as the page shows it."""
    variable = plain_variable(row["value"])
    return TypedRow(
        row["id"],
        source=variable or OWN_TEXT,
        text="" if variable else row["value"],
        target=row["target"],
        overwrite=row["overwrite"],
    )


def typed_rows(form: MultiDict[str, str]) -> list[TypedRow]:
    """The rows in their order; what is no id of ours is passed by."""
    ids = dict.fromkeys(name for name in form.getlist("row") if _ID.fullmatch(name))
    return [_typed(form, name) for name in list(ids)[: MOST_ROWS + 1]]


def removed_row(form: MultiDict[str, str]) -> tuple[TypedRow, int] | None:
    """The row that was taken out last and can come back, and its place."""
    name = form.get("removed", "")
    if not _ID.fullmatch(name):
        return None
    place = form.get("removed-at", "")
    return _typed(form, name), int(place) if place.isdecimal() and len(place) < 5 else MOST_ROWS


def new_row() -> TypedRow:
    return TypedRow(new_id())


def suggested_rows(suggestions: Iterable[Suggestion]) -> list[TypedRow]:
    return [_suggested(each) for each in suggestions]


def new_id() -> str:
    """Ids of two admins never meet."""
    return f"f-{token_hex(4)}"


def _suggested(suggestion: Suggestion) -> TypedRow:
    plain = plain_variable(suggestion.value)
    return TypedRow(
        new_id(),
        source=plain or OWN_TEXT,
        text="" if plain else suggestion.value,
        target=suggestion.field.key,
    )


def _typed(form: MultiDict[str, str], name: str) -> TypedRow:
    return TypedRow(
        name,
        source=form.get(f"{name}-source", ""),
        text=form.get(f"{name}-text", "").replace("\r\n", "\n"),
        target=form.get(f"{name}-target", "").strip(),
        overwrite=f"{name}-overwrite" in form,
    )
