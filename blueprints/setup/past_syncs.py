"""Runs of the employee sync as a list, and one of them for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString

from blueprints.setup import sync_words
from blueprints.setup.users_shown import COLUMNS, RANK, RunShown, state_of, took
from blueprints.words import Word
from models import SyncRun, db
from services import sync_runs

# A cell of a spreadsheet that begins so is taken for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class PastRun:
    run: SyncRun
    state: Word
    who: str
    took: str
    counts: Mapping[str, int]
    labels: Mapping[str, LazyString]


def past_runs(integration_id: int) -> list[PastRun]:
    """The last runs, newest first, with their counts."""
    session = db.session()
    runs = sync_runs.latest_runs(session, integration_id)
    counts = sync_runs.count_results(session, [run.id for run in runs])
    return [
        PastRun(
            run,
            state_of(run),
            sync_words.who_started(run),
            took(run),
            {name: counts.get(run.id, {}).get(name, 0) for name in RANK},
            sync_words.PLANNED_COUNTERS if run.is_dry else sync_words.COUNTERS,
        )
        for run in runs
    ]


def as_csv(shown: RunShown) -> str:
    """The lines for a spreadsheet; nothing in it can act as a formula."""
    file = io.StringIO()
    # Quoted throughout: where a spreadsheet expects commas, one inside a name begins no new cell.
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow([str(label) for label in COLUMNS.values()])
    for line in shown.lines:
        item = line.item
        row = (item.name, item.email, item.phone, line.employee, line.result.label, line.reason)
        writer.writerow([harmless(str(cell or "")) for cell in row])
    return "\ufeff" + file.getvalue()


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
