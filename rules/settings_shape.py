"""Reading a settings document that may be wrong: its errors of shape, and what is left of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rules.nearest import nearest
from rules.settings import DEFAULTS, Settings, load, with_row_ids

# Looking for the name that was meant takes milliseconds; after so many errors none is looked for.
SUGGESTED = 20


@dataclass(frozen=True)
class Problem:
    """One thing wrong: where, a code, and the values for its sentence (`settings_words`)."""

    path: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


def read(document: Any) -> tuple[list[Problem], Settings]:
    """Every error of shape, and the settings that are left when what is broken is taken out."""
    try:
        return [], load(document)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return [*_shape_problems(details)], _rest(document, details)
    except (TypeError, ValueError, RecursionError):  # not JSON: a date, a NaN key, endless nesting
        return [Problem("", "not_json")], Settings()


def _rest(document: Any, details: list[ErrorDetails]) -> Settings:
    if not isinstance(document, Mapping) or not all(detail["loc"] for detail in details):
        return Settings()
    rest = json.loads(json.dumps(with_row_ids(document)))
    for detail in details:
        _take_out(rest, detail["loc"])
    try:
        return load(rest)
    except ValidationError:
        return Settings()


def _take_out(part: Any, place: tuple[int | str, ...]) -> None:
    """Remove the member at that place; of a list the whole list, so that no row moves up."""
    for step, following in zip(place, [*place[1:], None], strict=True):
        inside = part.get(step) if isinstance(part, dict) else None
        if not isinstance(following, str) or not isinstance(inside, dict) or following == "[key]":
            break
        part = inside
    if isinstance(part, dict):
        part.pop(step, None)


_TYPES = {
    "string_type": "text",
    "bool_type": "flag",
    "int_type": "number",
    "int_from_float": "number",
    "int_parsing_size": "number",
    "float_type": "number",
    "model_type": "object",
    "dict_type": "object",
    "tuple_type": "list",
    "list_type": "list",
}


def _shape_problems(details: list[ErrorDetails]) -> Iterator[Problem]:
    for number, detail in enumerate(details):
        yield _shape_problem(detail, suggests=number < SUGGESTED)


def _shape_problem(detail: ErrorDetails, *, suggests: bool) -> Problem:
    path = ".".join(str(step) for step in detail["loc"] if step != "[key]")
    context = detail.get("ctx", {})
    match detail["type"]:
        case kind if kind in _TYPES:
            return Problem(path, "wrong_type", {"expected": _TYPES[kind]})
        case "extra_forbidden":
            return Problem(
                path, "unknown_member", _unknown_member(detail["loc"], suggests=suggests)
            )
        case "literal_error" | "enum":
            expected = str(context["expected"])
            allowed = re.findall(r"'([^']*)'", expected) or [expected]
            return Problem(path, "not_one_of", {"allowed": allowed})
        case "greater_than_equal":
            return Problem(path, "too_small", {"minimum": context["ge"]})
        case "less_than_equal":
            return Problem(path, "too_large", {"maximum": context["le"]})
        case "string_too_short" | "missing":
            return Problem(path, "empty")
        case "string_too_long" | "too_long":
            return Problem(path, "too_long", {"maximum": context["max_length"]})
        case "string_pattern_mismatch":
            is_hour = detail["loc"][0] == "working_hours"
            return Problem(path, "bad_time" if is_hour else "bad_character")
        case "json_invalid":
            return Problem(path, "not_json")
        case code:
            return Problem(path, code)


def _unknown_member(place: tuple[int | str, ...], *, suggests: bool) -> dict[str, Any]:
    siblings: Any = DEFAULTS
    for step in place[:-1]:
        siblings = siblings.get(step) if isinstance(siblings, dict) else None
    names = list(siblings) if isinstance(siblings, dict) else []
    near = nearest(str(place[-1]), names) if suggests else None
    return {"name": str(place[-1]), "nearest": near}
