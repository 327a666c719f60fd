"""A call-back as the team's page shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext

from blueprints.reasons import Names
from blueprints.shown import clock, moment
from blueprints.words import Word
from models import Callback, Integration
from rules.callbacks import DISMISSED

OVERDUE = Word(_l("Overdue"), "triangle-alert", "error")
WAITS = Word(_l("To call back"), "phone-missed", "warn")
HOW = {
    "inbound": Word(_l("Reached"), "phone-incoming", "ok"),
    "outbound": Word(_l("Reached"), "phone-outgoing", "ok"),
    DISMISSED: Word(lazy_pgettext("call-back", "Not needed"), "circle-minus"),
}


@dataclass(frozen=True)
class CallbackLine:
    """What a row of the page says; `row` is the row of the table."""

    row: Callback
    state: Word
    missed: str
    rung: str
    due: str
    outcome: str
    is_mine: bool
    may_give_back: bool
    crm_url: str


@dataclass(frozen=True)
class Reader:
    """Who looks at the page."""

    login_id: int
    is_admin: bool


def callback_line(
    row: Callback, integration: Integration, names: Names, now: datetime, reader: Reader, url: str
) -> CallbackLine:
    is_mine = row.taken_by == reader.login_id
    is_overdue = row.closed_at is None and row.due_at < now
    state = HOW.get(row.closed_how or "", OVERDUE if is_overdue else WAITS)
    show = _shown(integration.timezone, now)
    return CallbackLine(
        row,
        state=state,
        missed=ngettext("%(num)d missed call", "%(num)d missed calls", row.misses),
        rung=", ".join(names.employee(each) for each in row.rung),
        due=_due(row, show, is_overdue=is_overdue),
        outcome=_outcome(row, names, show),
        is_mine=is_mine,
        may_give_back=is_mine or reader.is_admin,
        crm_url=url,
    )


def spent(seconds: int | None) -> str:
    """Working time in words, coarse: "12 min", "1 h 5 min"."""
    if seconds is None:
        return "–"
    minutes = seconds // 60
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return _("%(minutes)s min", minutes=minutes)
    return _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)


def _shown(zone: str, now: datetime) -> Callable[[datetime], str]:
    """The time alone today, day and time else."""
    today = now.astimezone(ZoneInfo(zone)).date()

    def show(at: datetime) -> str:
        is_today = at.astimezone(ZoneInfo(zone)).date() == today
        return clock(at, zone) if is_today else moment(at, zone)

    return show


def _due(row: Callback, show: Callable[[datetime], str], *, is_overdue: bool) -> str:
    if row.closed_at is not None:
        return ""
    if is_overdue:
        return _("Promised by %(time)s", time=show(row.due_at))
    return _("Call back by %(time)s", time=show(row.due_at))


def _outcome(row: Callback, names: Names, show: Callable[[datetime], str]) -> str:
    """What closed it: who and when, after how much working time."""
    if row.closed_at is None:
        return ""
    at = show(row.closed_at)
    if row.closed_how == DISMISSED:
        return _("%(who)s, %(time)s: %(why)s", who=row.dismissed_by, time=at, why=row.dismissed_why)
    who, after = names.employee(row.closed_by), spent(row.working_seconds)
    if row.closed_how == "inbound":
        return _(
            "The client got through to %(who)s, %(time)s, after %(after)s", **_of(who, at, after)
        )
    return _("%(who)s called, %(time)s, after %(after)s", **_of(who, at, after))


def _of(who: str, at: str, after: str) -> dict[str, str]:
    return {"who": who, "time": at, "after": after}
