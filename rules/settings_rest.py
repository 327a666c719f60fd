"""Settings that can be used although something in their document is wrong."""

from __future__ import annotations

from typing import Any

from rules.settings import FieldRow, Settings, dump, load
from rules.settings_shape import read
from rules.templates import errors_of


def usable(document: Any) -> Settings:
    """What is left of a document when everything broken is taken out: members of a wrong shape take
    their defaults, broken templates the standard one, and rows with a broken value go. Total."""
    _, settings = read(document)
    rows = tuple(row for row in settings.fields if not errors_of(row.value))
    templates = {
        entity: texts and {name: _sound(text) for name, text in texts.items()}
        for entity, texts in dump(settings)["templates"].items()
    }
    return load({**dump(settings), "templates": templates, "fields": _dumped(rows)})


def _sound(text: str | None) -> str | None:
    return None if text is None or errors_of(text) else text


def _dumped(rows: tuple[FieldRow, ...]) -> list[dict[str, Any]]:
    return [row.model_dump(mode="json") for row in rows]
