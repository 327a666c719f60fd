"""How values look on a page: phones, times in the integration's zone, durations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from datetime import date as calendar_day
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_time, format_timedelta
from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from flask_babel import get_locale
from flask_babel import gettext as _

from blueprints import words
from blueprints.reasons import sentence, tone

bp = Blueprint("shown", __name__)


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters.update(
        phone=phone,
        masked_phone=masked_phone,
        clock=clock,
        day=day,
        moment=moment,
        date=date,
        ago=ago,
        duration=duration,
        readable_json=readable_json,
        sentence=sentence,
        tone=tone,
    )
    state.app.jinja_env.globals["words"] = words


@lru_cache(maxsize=4096)
def phone(stored: str | None) -> str:
    """`+971 50 123 4567`; what is not a valid number stays as it is."""
    if not stored:
        return ""
    try:
        number = phonenumbers.parse(stored if stored.startswith("+") else f"+{stored}", None)
    except phonenumbers.NumberParseException:
        return stored
    if not phonenumbers.is_valid_number(number):
        return stored
    style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def masked_phone(stored: str | None) -> str:
    """The last four digits, for everywhere but the pages of calls."""
    return f"•••• {stored[-4:]}" if stored else ""


def clock(at: datetime | None, zone: str, *, seconds: bool = False) -> str:
    if at is None:
        return "–"
    return format_time(at, "HH:mm:ss" if seconds else "HH:mm", tzinfo=ZoneInfo(zone))


def day(at: datetime, zone: str, now: datetime | None = None) -> str:
    """ "Today, 22 November", then "Yesterday", then the date; the year only if it is another."""
    local, today = at.astimezone(ZoneInfo(zone)).date(), _today(zone, now)
    pattern = "d MMMM" if local.year == today.year else "d MMMM y"
    told: str = format_date(local, pattern, locale=get_locale())
    match (today - local).days:
        case 0:
            return _("Today, %(date)s", date=told)
        case 1:
            return _("Yesterday, %(date)s", date=told)
        case _other:
            return told


def moment(at: datetime | None, zone: str) -> str:
    """Day and time in one line."""
    if at is None:
        return "–"
    return f"{date(at, zone)}, {clock(at, zone)}"


def date(at: datetime, zone: str) -> str:
    """A day without its time: `12 Mar 2026`."""
    return short_date(at.astimezone(ZoneInfo(zone)).date())


def short_date(day: calendar_day) -> str:
    """The same of a day that has no time."""
    told: str = format_date(day, "d MMM y", locale=get_locale())
    return told


def ago(at: datetime | None) -> str:
    """ "2 minutes ago", in the reader's language; coarse, as one says it."""
    if at is None:
        return "–"
    passed = datetime.now(UTC) - at
    if passed.total_seconds() < 5:
        return _("just now")
    return format_timedelta(-passed, add_direction=True, threshold=1.2, locale=get_locale())


def duration(seconds: int | None) -> str:
    """`1:53`, from one hour `1:01:53`."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def readable_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)


def _today(zone: str, now: datetime | None) -> Any:
    return (now or datetime.now(ZoneInfo(zone))).astimezone(ZoneInfo(zone)).date()
