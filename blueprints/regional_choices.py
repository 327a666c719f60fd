"""Countries and time zones to choose from, in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from phonenumbers import SUPPORTED_REGIONS

from blueprints.language import select_locale

# First where our users are; the rest by the alphabet.
NEAR_ZONES = ("Asia/Dubai", "Asia/Riyadh", "Asia/Qatar", "Europe/Moscow", "Asia/Almaty", "UTC")
NEAR_COUNTRIES = ("AE", "SA", "QA", "RU", "KZ")
PLACES = (
    "Africa/",
    "America/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


def countries() -> tuple[tuple[str, str], ...]:
    return _countries(select_locale())


def country_name(code: str) -> str:
    """The country in the reader's language; the code itself if nobody knows it."""
    return dict(countries()).get(code, code)


def zones(current: str) -> tuple[tuple[str, str], ...]:
    """All zones; the current one too if it has an old name."""
    known = _zones()
    if any(zone == current for zone, _name in known):
        return known
    return ((current, current), *known)


@lru_cache(maxsize=4)
def _countries(locale: str) -> tuple[tuple[str, str], ...]:
    names = Locale(locale).territories
    known = [(code, names[code]) for code in SUPPORTED_REGIONS if code in names]
    known.sort(key=lambda each: each[1].casefold().replace("ё", "е"))
    near = [(code, names[code]) for code in NEAR_COUNTRIES]
    return (*near, *(each for each in known if each not in near))


@lru_cache(maxsize=1)
def _zones() -> tuple[tuple[str, str], ...]:
    rest = sorted(zone for zone in available_timezones() if zone.startswith(PLACES))
    names = (*NEAR_ZONES, *(zone for zone in rest if zone not in NEAR_ZONES))
    return tuple((zone, zone.replace("_", " ")) for zone in names)
