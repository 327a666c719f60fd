"""Read the calls report page by page, as long as the PBX's points allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from clients.callgear import CallGearClient
from rules.pbx import CallRow
from rules.reconcile import Window, rest_of, spans
from services.points import seconds_to_wait


class OutOfPoints(Exception):
    """Only the reserve of the PBX's points is left: the rest has to wait for `seconds`."""

    code = "points_reserve"

    def __init__(self, seconds: float) -> None:
        super().__init__("only the reserve of the points is left")
        self.seconds = seconds


@dataclass(frozen=True)
class Page:
    """Rows in the order of their start; with them everything is read that began before `till`."""

    rows: Sequence[CallRow]
    till: datetime


def read_pages(pbx: CallGearClient, window: Window, fields: Sequence[str]) -> Iterator[Page]:
    """The calls of a window, the oldest first; a row at the edge of two pages is in both.

    A full page splits the window: the rest is asked for anew from the start of its last row, so
    that rows that come meanwhile move nothing. One point per page. Raises OutOfPoints before a
    page that the reserve has to pay, and what the client raises.
    """
    is_first = True
    for span in spans(window):
        rest: Window | None = span
        while rest is not None:
            wait = 0.0 if is_first else seconds_to_wait(pbx.limits)
            if wait:
                raise OutOfPoints(wait)
            is_first = False
            page, rest = _read(pbx, rest, fields)
            yield page


def _read(pbx: CallGearClient, window: Window, fields: Sequence[str]) -> tuple[Page, Window | None]:
    found = pbx.first_calls(window.since, window.till, fields)
    if not found.is_full:
        return Page(found.rows, window.till), None
    rest = rest_of(window, found.rows)
    if rest is None:
        # More calls in one second than fit on a page: read by offset.
        return Page(pbx.calls_report(window.since, window.till, fields), window.till), None
    return Page(found.rows, rest.since), rest
