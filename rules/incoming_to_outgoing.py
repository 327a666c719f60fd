"""Take the rules of incoming calls over for outgoing ones, as far as they can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.document import value_at
from rules.vocabulary import OwnerRule

COMPARABLE = (
    "first.create_client",
    "first.create",
    "first.owner",
    "repeat.create",
    "repeat.owner",
)
# An outgoing first contact belongs to who called, or to the responsible of the settings.
FIRST_OWNERS = frozenset({OwnerRule.CALLER, OwnerRule.FROM_SETTINGS})


@dataclass(frozen=True)
class Copied:
    """`values` by their outgoing paths; `left` are the outgoing paths that have no such option."""

    values: Mapping[str, Any]
    left: tuple[str, ...]


def copy_rules(document: Mapping[str, Any]) -> Copied:
    """What the outgoing step would hold after copying; the responsible and the funnel are either
    people of their own or common to both, and so not copied."""
    values = {f"outgoing.{name}": value_at(document, f"incoming.{name}") for name in COMPARABLE}
    left = tuple(path for path in ("outgoing.first.owner",) if values[path] not in FIRST_OWNERS)
    return Copied({path: value for path, value in values.items() if path not in left}, left)
