"""The rows of the additional fields of one entity, among those of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules.settings_shape import Problem
from rules.vocabulary import Entity

Row = Mapping[str, Any]


@dataclass(frozen=True)
class MergedRows:
    """All rows of the document; those of the entity stand together from the place `start`."""

    rows: list[Row]
    start: int


def rows_of(rows: Iterable[Row], entity: Entity) -> list[Row]:
    return [row for row in rows if row["entity"] == entity]


def merge_rows(rows: Sequence[Row], entity: Entity, mine: Sequence[Row]) -> MergedRows:
    """Put `mine` in the place of the entity's rows; the others keep their order."""
    start = next((i for i, row in enumerate(rows) if row["entity"] == entity), len(rows))
    before = [row for row in rows[:start] if row["entity"] != entity]
    after = [row for row in rows[start:] if row["entity"] != entity]
    return MergedRows([*before, *mine, *after], len(before))


def problems_by_row(
    problems: Iterable[Problem], merged: MergedRows, count: int
) -> dict[int, list[Problem]]:
    """Place among the entity's own rows -> what is wrong there, paths cut to the row's members.

    Numbers of rows that a problem names are counted among the entity's own as well.
    """
    found: dict[int, list[Problem]] = {}
    for problem in problems:
        section, _, rest = problem.path.partition(".")
        place, _, member = rest.partition(".")
        number = int(place) - merged.start if section == "fields" and place.isdecimal() else -1
        if 0 <= number < count:
            found.setdefault(number, []).append(_own(problem, member, merged.start))
    return found


def _own(problem: Problem, member: str, start: int) -> Problem:
    values = dict(problem.values)
    if "rows" in values:
        values["rows"] = [number - start for number in values["rows"]]
    return replace(problem, path=member, values=values)
