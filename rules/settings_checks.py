"""All that is wrong with a settings document, at once, each problem with its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from rules.settings import DEFAULTS, with_row_ids
from rules.settings_references import (
    NOTHING_KNOWN,
    References,
    missing,
    missing_fields,
    required,
    unfilled_fields,
)
from rules.settings_shape import Problem, read
from rules.templates import SUGGESTED, errors_of

__all__ = ["Problem", "References", "problems"]

Rows = list[tuple[int, Mapping[str, Any]]]


def problems(document: Any, known: References | None = None) -> tuple[Problem, ...]:
    """Everything that keeps a document from being published, in the order of the document.

    Codes are explained by `settings_words.SENTENCES`. A reference that is gone from the CRM
    (`missing_reference`) is a problem where it counts: a responsible always, because every owner
    rule falls back on him; a funnel, a deputy and a field while they are used.
    """
    known = known or NOTHING_KNOWN
    shape, settings = read(document)
    found: list[Problem] = []
    if isinstance(document, Mapping):
        rows = _rows(document)
        found = [
            *_template_problems(document, rows),
            *_row_problems(rows),
            *required(settings),
            *missing(settings, known),
            *missing_fields(rows, known),
            *unfilled_fields(settings, known),
        ]
    return _in_order(shape, found)


def _in_order(shape: list[Problem], found: list[Problem]) -> tuple[Problem, ...]:
    """Sorted by section; nothing more is said about a place whose shape is wrong."""
    broken = {problem.path for problem in shape}
    sections = list(DEFAULTS)
    kept = [*shape, *(each for each in found if broken.isdisjoint(_around(each.path)))]
    order = {name: place for place, name in enumerate(sections)}
    return tuple(sorted(kept, key=lambda each: order.get(each.path.split(".")[0], len(order))))


def _around(path: str) -> Iterator[str]:
    """The place itself, and all that it lies in."""
    steps = path.split(".")
    return (".".join(steps[:count]) for count in range(1, len(steps) + 1))


def _rows(document: Mapping[str, Any]) -> Rows:
    """The rows of `fields` that are objects, with their places."""
    rows = with_row_ids(document).get("fields")
    return [
        (place, row)
        for place, row in enumerate(rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping)
    ]


def _template_problems(document: Mapping[str, Any], rows: Rows) -> Iterator[Problem]:
    texts = {f"fields.{place}.value": row.get("value") for place, row in rows}
    templates = document.get("templates")
    for entity, part in (templates if isinstance(templates, Mapping) else {}).items():
        for name, text in (part if isinstance(part, Mapping) else {}).items():
            texts[f"templates.{entity}.{name}"] = text
    left = SUGGESTED
    for path, text in texts.items():
        for error in errors_of(text, suggested=left) if isinstance(text, str) else ():
            left = max(0, left - 1)
            values = {"position": error.position, "word": error.word, "nearest": error.nearest}
            yield Problem(path, error.code, values)


def _row_problems(rows: Rows) -> Iterator[Problem]:
    """Two rows with one id, or for one CRM field: a problem of each of them."""
    by_id, by_target = defaultdict(list), defaultdict(list)
    for place, row in rows:
        by_id[str(row.get("id"))].append(place)
        if row.get("target"):
            by_target[str(row.get("entity")), str(row["target"])].append(place)
    for name, places in by_id.items():
        yield from (
            Problem(f"fields.{place}.id", "duplicate_id", {"id": name})
            for place in places
            if len(places) > 1
        )
    for (entity, target), places in by_target.items():
        values = {"entity": entity, "target": target, "rows": [place + 1 for place in places]}
        yield from (
            Problem(f"fields.{place}.target", "duplicate_target", values)
            for place in places
            if len(places) > 1
        )
