"""Which version this is: the one that pyproject.toml names."""

from __future__ import annotations

import tomllib

from runtime.config import ROOT


def version() -> str:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(told["project"]["version"])
