"""Loads and checks `clients/behomes.toml`: how the CRM is spoken to, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEHOMES_TOML = Path(__file__).with_name("behomes.toml")


class WireError(ValueError):
    """The data file cannot be used; the message begins with the path of the bad entry."""


@dataclass(frozen=True)
class Wire:
    """The checked data file."""


def load_wire(path: Path = BEHOMES_TOML) -> Wire:
    """Read and check a data file. Raises WireError naming the bad entry."""
    raise NotImplementedError


def check_wire(data: Mapping[str, Any]) -> Wire:
    """Check the content of a data file. Raises WireError naming the bad entry."""
    raise NotImplementedError
