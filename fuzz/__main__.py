"""python -m fuzz bodies | http | openapi: each says how much it tried and what it found."""

from __future__ import annotations

import sys

from fuzz import bodies, http, openapi

PARTS = {"bodies": bodies.main, "http": http.main, "openapi": openapi.main}


def main() -> None:
    name, *words = sys.argv[1:] or [""]
    if name not in PARTS:
        raise SystemExit(f"{__doc__}\n\nOne of: {', '.join(PARTS)}")
    PARTS[name](words)


if __name__ == "__main__":
    main()
