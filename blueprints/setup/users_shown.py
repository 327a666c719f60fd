"""The employee sync as its pages show it: a run with its lines, the people, the past runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.reasons import Names
from blueprints.setup import sync_words
from blueprints.shown import duration, phone
from blueprints.words import Word, word
from models import EmployeeRow, Integration, SyncItem, SyncRun, db
from rules.employee_match import id_key
from services import find_calls, sync_runs, user_pairs

Row = TypeVar("Row")

COLUMNS: Mapping[str, LazyString] = {
    "name": _l("User of Behomes"),
    "email": _l("E-mail"),
    "phone": _l("Phone or extension"),
    "employee": _l("Employee of CallGear"),
    "result": _l("Result"),
    "reason": _l("Why"),
}
# Conflicts first: they are waiting for somebody.
RANK = {"conflict": 0, "created": 1, "updated": 2, "skipped": 3}
# More options than this on one page make it slow: then only the fitting ones are offered there.
MANY_OPTIONS = 3000
PAGE_ROWS = 50


@dataclass(frozen=True)
class Slice:
    """A page of many rows: `number` from 1, `found` how many rows there are in all."""

    number: int
    found: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // PAGE_ROWS))

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_ROWS + 1

    @property
    def last(self) -> int:
        return min(self.number * PAGE_ROWS, self.found)

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        return rows[self.first - 1 : self.last]


def slice_of(found: int, number: int) -> Slice:
    """The page that was asked for, or the nearest that is there."""
    last = Slice(1, found).pages
    return Slice(min(max(number, 1), last), found)


@dataclass(frozen=True)
class Option:
    """An employee to choose for a CRM user; `holder` is whom he belongs to now."""

    employee_id: str
    text: str


@dataclass(frozen=True)
class ItemLine:
    """One CRM user of a run. `fitting` and `others` are to be chosen from, if he waits for it."""

    item: SyncItem
    result: Word
    reason: str
    employee: str
    number: str
    fitting: Sequence[Option] = ()
    others: Sequence[Option] = ()
    error: str = ""

    @property
    def is_open(self) -> bool:
        return bool(self.fitting or self.others)


@dataclass(frozen=True)
class RunShown:
    """A run with its lines, as filtered and sorted."""

    run: SyncRun
    state: Word
    who: str
    took: str
    lines: Sequence[ItemLine]
    counts: Mapping[str, int]
    labels: Mapping[str, LazyString]
    result: str
    sort: str
    slice: Slice
    is_newest: bool

    @property
    def is_running(self) -> bool:
        return self.run.state in sync_runs.UNFINISHED

    @property
    def is_waiting(self) -> bool:
        """More would change than is written without being shown first."""
        return self.run.is_dry and self.run.max_changes is not None and self.changes > 0

    @property
    def changes(self) -> int:
        return self.counts["created"] + self.counts["updated"]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def percent(self) -> int:
        return 100 * self.run.done // self.run.total if self.run.total else 0

    @property
    def quarter(self) -> int:
        """The quarter that was reached last: this much is spoken."""
        return self.percent // 25 * 25

    @property
    def phase(self) -> LazyString | str:
        if self.run.state == "queued":
            return sync_words.STATES["queued"].label
        return sync_words.PHASES.get(self.run.phase, "")

    @property
    def trouble(self) -> sync_words.Trouble | None:
        return sync_words.trouble(self.run) if self.run.state == "aborted" else None

    def address(self, *, result: str | None = None, sort: str | None = None, page: int = 1) -> str:
        """The run's page with another filter, order or slice."""
        return url_for(
            "setup.sync_run",
            id=self.run.integration_id,
            run_id=self.run.id,
            result=(self.result if result is None else result) or None,
            sort=(self.sort if sort is None else sort) or None,
            page=page if page > 1 else None,
        )

    def sort_of(self, column: str) -> tuple[str, str]:
        """What pressing a column's head asks for, and how it is sorted now (`aria-sort`)."""
        if self.sort == column:
            return f"-{column}", "ascending"
        return column, "descending" if self.sort == f"-{column}" else ""


def show_run(
    integration: Integration, run: SyncRun, *, result: str = "", sort: str = "", page: int = 0
) -> RunShown:
    """Everything that the page of a run says; `page` 0 is all of its lines."""
    items = sync_runs.items_of(db.session(), run.id)
    is_newest = (newest := newest_run(integration.id)) is not None and newest.id == run.id
    counts = {name: sum(item.result == name for item in items) for name in RANK}
    shown = _Lines(integration, run, is_newest=is_newest, conflicts=counts["conflict"])
    result = result if result in RANK else ""
    sort = sort if sort.removeprefix("-") in COLUMNS else ""
    wanted = _sorted([shown.line(item) for item in items if result in ("", item.result)], sort)
    part = slice_of(len(wanted), page)
    return RunShown(
        run,
        state_of(run),
        sync_words.who_started(run),
        took(run),
        part.of(wanted) if page else wanted,
        counts,
        sync_words.PLANNED_COUNTERS if run.is_dry else sync_words.COUNTERS,
        result,
        sort,
        part,
        is_newest,
    )


def show_line(integration: Integration, run: SyncRun, item: SyncItem, error: str = "") -> ItemLine:
    return _Lines(integration, run, is_newest=True).line(item, error)


def newest_run(integration_id: int) -> SyncRun | None:
    return next(iter(sync_runs.latest_runs(db.session(), integration_id, limit=1)), None)


def names_of(integration_id: int) -> Names:
    return Names(
        employees=find_calls.employee_names(integration_id),
        users=find_calls.user_names(integration_id),
    )


class _Lines:
    """Makes lines of one run; employees are read once."""

    def __init__(
        self, integration: Integration, run: SyncRun, *, is_newest: bool, conflicts: int = 1
    ) -> None:
        self._run = run
        self._names = names_of(integration.id)
        is_solvable = is_newest and conflicts and run.state not in sync_runs.UNFINISHED
        self._options = options(integration.id, self._names) if is_solvable else []
        self._has_room = conflicts * len(self._options) <= MANY_OPTIONS

    def line(self, item: SyncItem, error: str = "") -> ItemLine:
        words = sync_words.PLANNED if self._run.is_dry else sync_words.RESULTS
        candidates = set(item.candidates)
        is_open = item.result == "conflict" and bool(self._options)
        fitting = [one for one in self._options if is_open and one.employee_id in candidates]
        is_wide = is_open and self._has_room
        others = [one for one in self._options if is_wide and one.employee_id not in candidates]
        return ItemLine(
            item,
            word(words, item.result),
            sync_words.reason(item, self._names, is_dry=self._run.is_dry),
            self._names.employee(item.employee_id) if item.employee_id else "",
            phone(item.phone) if item.phone and item.phone.startswith("+") else item.phone or "",
            fitting,
            others,
            error,
        )


def options(integration_id: int, names: Names) -> list[Option]:
    """Every employee of the PBX, each with whom he belongs to."""
    session = db.session()
    holders = user_pairs.user_of_employee(session, integration_id)
    return [
        Option(row.employee_id, _option_text(row, holders.get(row.employee_id), names))
        for row in user_pairs.employees_of(session, integration_id)
    ]


def _option_text(row: EmployeeRow, holder: str | None, names: Names) -> str:
    text = row.full_name or row.employee_id
    if sign := row.extension or row.email:
        text = f"{text} · {sign}"
    if holder:
        return _("%(employee)s (linked with %(user)s)", employee=text, user=names.user(holder))
    return text


def state_of(run: SyncRun) -> Word:
    if run.state == "done" and run.is_dry:
        return sync_words.ONLY_SHOWN
    return word(sync_words.STATES, run.state)


def took(run: SyncRun) -> str:
    if run.started_at is None:
        return duration(0)
    return duration(int(((run.finished_at or datetime.now(UTC)) - run.started_at).total_seconds()))


def _sorted(lines: list[ItemLine], sort: str) -> list[ItemLine]:
    by_name = sorted(lines, key=_by["name"])
    if not sort:
        return sorted(by_name, key=_by["result"])
    key = _by[sort.removeprefix("-")]
    return sorted(by_name, key=key, reverse=sort.startswith("-"))


_by: Mapping[str, Callable[[ItemLine], Any]] = {
    "name": lambda line: ((line.item.name or "").casefold(), id_key(line.item.crm_user_id)),
    "email": lambda line: (line.item.email or "").casefold(),
    "phone": lambda line: line.number,
    "employee": lambda line: line.employee.casefold(),
    "result": lambda line: RANK.get(line.item.result, 9),
    "reason": lambda line: line.reason,
}
