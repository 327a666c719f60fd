"""Markdown tables, medians and ranges, and one line about the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and in brackets the smallest and the largest."""
    if not values:
        return "-"
    low, high = min(values), max(values)
    shown = f"{median(values):,.{digits}f}"
    return shown if len(values) == 1 else f"{shown} ({low:,.{digits}f}-{high:,.{digits}f})"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table; the first column is text, the others are numbers."""
    cells = [[str(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    rule = ["-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
    print(f"\n{title}\n")
    for row in (cells[0], rule, *cells[1:]):
        padded = [
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"| {' | '.join(padded)} |")
    print(flush=True)


def goal(value: float, limit: float, *, at_least: bool) -> str:
    """Whether a figure keeps what was promised, in words."""
    is_kept = value >= limit if at_least else value <= limit
    return f"{'kept' if is_kept else 'MISSED'}: {'>=' if at_least else '<='} {limit:g}"


def machine() -> None:
    """Print what this runs on and how busy it was before."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    print(
        f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, "
        f"Python {platform.python_version()}, load average before: {load}",
        flush=True,
    )
