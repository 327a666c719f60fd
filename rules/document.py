"""Single places of a settings document, named by paths such as `incoming.first.owner`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """The value of a path; None where nothing stands, also below a None."""
    value: Any = document
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def with_values(document: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the document with these values (path -> value) in their places."""
    changed = deepcopy(dict(document))
    for path, value in values.items():
        *outer, last = path.split(".")
        place = changed
        for step in outer:
            if not isinstance(place.get(step), dict):
                place[step] = {}
            place = place[step]
        place[last] = deepcopy(value)
    return changed


def digest(document: Mapping[str, Any], paths: Iterable[str]) -> str:
    """Differs whenever the value of one of these paths does."""
    values = {path: value_at(document, path) for path in paths}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_inside(path: str, place: str) -> bool:
    """Whether a path is that place or lies below it."""
    return path == place or path.startswith(f"{place}.")


def anchor(path: str) -> str:
    """The id that the control of this path has on its page."""
    return path.replace(".", "-")
