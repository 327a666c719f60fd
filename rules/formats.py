"""How a value of a call looks in a text: the filters of the templates, and no filter at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from types import MappingProxyType

from rules.phones import Phone, normalise

DATE_FORMATS = MappingProxyType({"ru": "%d.%m.%Y", "en": "%Y-%m-%d"})


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of the PBX: what it means (aware), and the text that it was sent as."""

    at: datetime
    sent: str


Value = str | int | float | bool | datetime | Moment | Phone | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Regional:
    """The reader's side of formatting: locale `ru` or `en`, zone and country of the integration."""

    locale: str
    zone: tzinfo
    country: str


def as_text(value: Value, regional: Regional) -> str:
    """A value without a filter: as the PBX sends it, phones as digits without plus."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case int():
            return str(value)
        case Phone():
            return value.digits
        case Moment():
            return value.sent
        case datetime():
            return _vendor_time(value.astimezone(regional.zone))
        case _:
            return ", ".join(value)


def format_date(moment: datetime, regional: Regional) -> str:
    """`01.03.2026` in Russian, `2026-03-01` in English, in the integration's zone."""
    pattern = DATE_FORMATS.get(regional.locale, DATE_FORMATS["ru"])
    return moment.astimezone(regional.zone).strftime(pattern)


def format_time(moment: datetime, regional: Regional) -> str:
    """`14:05`, in the integration's zone."""
    return moment.astimezone(regional.zone).strftime("%H:%M")


def format_duration(seconds: int) -> str:
    """`1:15`; from one hour `1:01:15`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _phone(value: Value, regional: Regional) -> Value:
    if isinstance(value, Phone):
        return value.value
    text = as_text(value, regional)
    phone = normalise(text, country=regional.country)
    return phone.value if phone else text


def _date(value: Value, regional: Regional) -> Value:
    moment = _moment(value, regional)
    return format_date(moment, regional) if moment else value


def _time(value: Value, regional: Regional) -> Value:
    moment = _moment(value, regional)
    return format_time(moment, regional) if moment else value


def _duration(value: Value, regional: Regional) -> Value:
    text = as_text(value, regional).strip()
    is_seconds = text.isascii() and text.isdecimal() and len(text) < 10
    return format_duration(int(text)) if is_seconds else value


def _upper(value: Value, regional: Regional) -> Value:
    return as_text(value, regional).upper()


def _trim(value: Value, regional: Regional) -> Value:
    return as_text(value, regional).strip()


# A filter that cannot read its value leaves it as it is: a call is never lost for a format.
FILTERS: MappingProxyType[str, Callable[[Value, Regional], Value]] = MappingProxyType(
    {
        "phone": _phone,
        "date": _date,
        "time": _time,
        "duration": _duration,
        "upper": _upper,
        "trim": _trim,
    }
)


def _moment(value: Value, regional: Regional) -> datetime | None:
    """The time that a value means; a text without offset is read in the integration's zone."""
    if isinstance(value, Moment):
        return value.at
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(as_text(value, regional))
    except ValueError:
        return None
    if not 1970 <= moment.year < 9999:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=regional.zone)


def _vendor_time(moment: datetime) -> str:
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03}" if moment.microsecond else text
