"""What both databases tell of a copy that was taken of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

COUNTED_NEVER = frozenset({"alembic_version"})
KEPT = "SELECT integration_id, id FROM recording_copy WHERE state = 'kept' ORDER BY id"


@dataclass(frozen=True)
class Dumped:
    """`member` is its name in the archive, `kept` are the recordings that it knows of."""

    member: str
    path: Path
    revision: str
    rows: dict[str, int]
    kept: list[str]  # their files, below the folder of recordings


def file_of(integration_id: int, copy_id: int) -> str:
    """As `services/recording_copies.py` names it."""
    return f"{integration_id}/{copy_id}.rec"
