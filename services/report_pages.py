"""Read the calls report page by page, as long as the PBX's points allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from clients.callgear import CallGearClient
from clients.errors import ForbiddenError, RefusedError
from rules.pbx import CallRow
from rules.reconcile import Window, rest_of, spans
from services.points import seconds_to_wait

# A refusal of this kind costs no point.
FIELD_REFUSED = frozenset({"parameter_component_disabled", "unexpected_parameters"})


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


def read_pages(
    pbx: CallGearClient, window: Window, fields: Sequence[str], needed: Sequence[str] = ()
) -> Iterator[Page]:
    """The calls of a window, the oldest first; a row at the edge of two pages is in both.

    A full page splits the window: the rest is asked for anew from the start of its last row, so
    that rows that come meanwhile move nothing. One point per page. Where the tariff does not hold
    one of the fields, only the `needed` ones are asked for. Raises OutOfPoints before a page that
    the reserve has to pay, and what the client raises.
    """
    is_first = True
    for span in spans(window):
        rest: Window | None = span
        while rest is not None:
            wait = 0.0 if is_first else seconds_to_wait(pbx.limits)
            if wait:
                raise OutOfPoints(wait)
            is_first = False
            page, rest = _read(pbx, rest, fields, needed)
            yield page


def _read(
    pbx: CallGearClient, window: Window, fields: Sequence[str], needed: Sequence[str]
) -> tuple[Page, Window | None]:
    try:
        found = pbx.first_calls(window.since, window.till, fields)
    except (ForbiddenError, RefusedError) as error:
        if error.vendor_code not in FIELD_REFUSED or not needed:
            raise
        found = pbx.first_calls(window.since, window.till, needed)
    if not found.is_full:
        return Page(found.rows, window.till), None
    rest = rest_of(window, found.rows)
    if rest is None:
        # More calls in one second than fit on a page: read by offset.
        rows = pbx.calls_report(window.since, window.till, needed or fields)
        return Page(rows, window.till), None
    return Page(found.rows, rest.since), rest
