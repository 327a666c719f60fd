"""What needs a person's attention, decided from facts: each thing once, the most pressing first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from rules.settings_shape import Problem
from rules.working_hours import WorkingHours, seconds_between

WEEK = timedelta(days=7)
# Fewer calls a week than this, and a quiet day says nothing.
FEWEST_CALLS = 7
QUIET_GAPS = 10
# An office that has told no working hours also sleeps.
QUIET, QUIET_NIGHT = timedelta(hours=4), timedelta(hours=16)
KEY_CODES = ("invalid_auth", "account_inactive", "forbidden")
ADDRESS_CODE = "ip_not_allowed"
# So many calls in the report after the last notification, and it is no single one that was lost.
FEWEST_UNTOLD = 3
# A failed comparison is told when this long nothing was compared; one without points or rights at
# once.
STALE = timedelta(minutes=30)
POINTS_CODES = ("points_reserve", "points_exhausted")
LASTING_CODES = (*POINTS_CODES, *KEY_CODES, "component_disabled")


class Kind(StrEnum):
    """What can need attention, the most pressing first; the values it carries stand behind it."""

    CRM_KEY = "crm_key"
    CRM_OTHER_ACCOUNT = "crm_other_account"
    CRM_AWAY = "crm_away"  # since
    WORKERS_AWAY = "workers_away"
    PBX_KEY = "pbx_key"
    PBX_ADDRESS = "pbx_address"
    NOT_NOTIFIED = "not_notified"  # count, since or None
    PBX_AWAY = "pbx_away"  # since
    REPORT_STOPPED = "report_stopped"  # reason, since or None
    NEVER_NOTIFIED = "never_notified"
    SILENT = "silent"  # since
    ADDRESS_ENDS = "address_ends"  # at
    SET_ASIDE = "set_aside"  # count
    LOST_IN_CRM = "lost_in_crm"  # count
    DOUBLED_IN_CRM = "doubled_in_crm"  # count
    SETTING_GONE = "setting_gone"  # what, id, and the place
    OVERDUE = "overdue"  # count
    UNMAPPED = "unmapped"  # employee_id, count
    NEW_NUMBER = "new_number"  # number, count
    RECORDINGS_GO = "recordings_go"  # count, at


@dataclass(frozen=True)
class Item:
    """One thing to mend; `path` is a place of the settings where it is one of those."""

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None


@dataclass(frozen=True)
class Connections:
    """How the parts stand. `pbx_error` is "" while CallGear was read last time, `report_error`
    while its calls report was; that was `compared_till` a moment. `workers` is ok, none or
    unknown."""

    breaker: str
    crm_error: str = ""
    crm_since: datetime | None = None
    has_pbx_key: bool = True
    pbx_error: str = ""
    pbx_read_at: datetime | None = None
    report_error: str = ""
    compared_till: datetime | None = None
    workers: str = "ok"
    old_address_ends: datetime | None = None  # of one that CallGear still uses


@dataclass(frozen=True)
class Traffic:
    """What has come. `calls_before` are those of the week before the last notification, `untold`
    those after it that only the calls report told of; `unmapped` and `new_numbers` tell how many
    calls each had within the last week."""

    notified_at: datetime | None = None
    calls_before: int = 0
    untold: int = 0
    unmapped: Sequence[tuple[str, int]] = ()
    new_numbers: Sequence[tuple[str, int]] = ()
    set_aside: int = 0
    lost: int = 0  # entries that the audit did not find in the CRM
    doubled: int = 0
    overdue: int = 0


@dataclass(frozen=True)
class Facts:
    """`is_working`: turned on and not paused. `gone` are the problems of the published settings."""

    now: datetime
    zone: tzinfo
    hours: WorkingHours | None
    is_working: bool
    connections: Connections
    traffic: Traffic = Traffic()
    gone: Sequence[Problem] = ()
    recordings_going: tuple[int, datetime] | None = None


def attention(facts: Facts) -> tuple[Item, ...]:
    """Everything that a person should mend, the most pressing first."""
    found = (
        *_crm(facts),
        *_pbx(facts),
        *_notifications(facts),
        *_settings(facts),
        *_work(facts),
    )
    order = list(Kind)
    return tuple(sorted(found, key=lambda item: order.index(item.kind)))


def is_silent(facts: Facts) -> bool:
    """Notifications have stopped: for ten times as long as calls are usually apart, counted in
    working hours, and for some hours at least."""
    last, usual = facts.traffic.notified_at, facts.traffic.calls_before
    if last is None or usual < FEWEST_CALLS:
        return False
    gap = seconds_between(last - WEEK, last, facts.hours, facts.zone) / usual
    passed = seconds_between(last, facts.now, facts.hours, facts.zone)
    least = QUIET if facts.hours else QUIET_NIGHT
    return passed > max(least.total_seconds(), QUIET_GAPS * gap)


def _crm(facts: Facts) -> Iterator[Item]:
    crm = facts.connections
    if crm.breaker == "key":
        is_other = crm.crm_error == "other_account"
        yield Item(Kind.CRM_OTHER_ACCOUNT if is_other else Kind.CRM_KEY)
    elif crm.breaker == "open" or (crm.breaker == "new" and crm.crm_error):
        yield Item(Kind.CRM_AWAY, {"since": crm.crm_since})
    if crm.workers == "none":
        yield Item(Kind.WORKERS_AWAY)


def _pbx(facts: Facts) -> Iterator[Item]:
    pbx = facts.connections
    if not pbx.has_pbx_key:
        return
    codes = {pbx.pbx_error.partition(":")[0], pbx.report_error} - {""}
    if ADDRESS_CODE in codes:
        yield Item(Kind.PBX_ADDRESS)
    elif pbx.pbx_error.partition(":")[0] in KEY_CODES or pbx.report_error in KEY_CODES[:2]:
        yield Item(Kind.PBX_KEY)
    elif pbx.pbx_error:
        yield Item(Kind.PBX_AWAY, {"since": pbx.pbx_read_at})
    elif _is_stopped(pbx, facts.now):
        told = {"reason": pbx.report_error, "since": pbx.compared_till}
        yield Item(Kind.REPORT_STOPPED, told)


def _is_stopped(pbx: Connections, now: datetime) -> bool:
    """Calls are no longer compared with the report, and that will not pass by itself in a while."""
    is_old = pbx.compared_till is None or now - pbx.compared_till > STALE
    return bool(pbx.report_error) and (pbx.report_error in LASTING_CODES or is_old)


def _notifications(facts: Facts) -> Iterator[Item]:
    if not facts.is_working:
        return
    if facts.traffic.untold >= FEWEST_UNTOLD:
        told = {"count": facts.traffic.untold, "since": facts.traffic.notified_at}
        yield Item(Kind.NOT_NOTIFIED, told)
    elif facts.traffic.notified_at is None:
        yield Item(Kind.NEVER_NOTIFIED)
    elif is_silent(facts):
        yield Item(Kind.SILENT, {"since": facts.traffic.notified_at})
    ends = facts.connections.old_address_ends
    if ends is not None and ends > facts.now:
        yield Item(Kind.ADDRESS_ENDS, {"at": ends})


def _settings(facts: Facts) -> Iterator[Item]:
    for problem in facts.gone:
        if problem.code == "missing_reference":
            yield Item(Kind.SETTING_GONE, problem.values, problem.path)


def _work(facts: Facts) -> Iterator[Item]:
    traffic = facts.traffic
    if traffic.set_aside:
        yield Item(Kind.SET_ASIDE, {"count": traffic.set_aside})
    if traffic.lost:
        yield Item(Kind.LOST_IN_CRM, {"count": traffic.lost})
    if traffic.doubled:
        yield Item(Kind.DOUBLED_IN_CRM, {"count": traffic.doubled})
    if traffic.overdue:
        yield Item(Kind.OVERDUE, {"count": traffic.overdue})
    for employee_id, count in traffic.unmapped:
        yield Item(Kind.UNMAPPED, {"employee_id": employee_id, "count": count})
    for number, count in traffic.new_numbers:
        yield Item(Kind.NEW_NUMBER, {"number": number, "count": count})
    if facts.recordings_going and facts.recordings_going[0]:
        count, at = facts.recordings_going
        yield Item(Kind.RECORDINGS_GO, {"count": count, "at": at})
