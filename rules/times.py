"""The PBX's times: texts without offset in the zone of the account, or epochs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

# An epoch above this is in milliseconds: in seconds it would be the year 5138.
MILLISECONDS_FROM = 10**11
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Stands where nothing tells when something happened.
EARLIEST = EPOCH
# "2026" or "20260301" read as seconds would be a day in 1970: no call is that old, and none is
# from the next century.
YEARS = range(2000, 2100)


def read_time(value: object, zone: tzinfo) -> datetime | None:
    """An aware UTC moment from what the PBX wrote; None if it is no time.

    Takes `2026-03-01 14:40:47.234`, ISO 8601 with or without offset, and epochs in seconds or
    milliseconds, as number or text.
    """
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    try:
        moment = _from_epoch(float(text)) if is_number(text) else _from_text(text, zone)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _from_epoch(number: float) -> datetime:
    return EPOCH + timedelta(seconds=number / 1000 if abs(number) > MILLISECONDS_FROM else number)


def _from_text(text: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
