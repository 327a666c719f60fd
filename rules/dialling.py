"""Whether a number may be dialled by a click, and how often. What is dialled is the one spelling
that was checked, so no way of writing a number leads past these rules."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from rules.phones import SHORTEST, digits_of, normalise
from rules.premium_numbers import is_premium, is_satellite
from rules.settings import Caps

TEL = re.compile(r"\s*tel:", re.IGNORECASE)
LONGEST_TEXT = 100
# A number with one of these asks the telephone for more than a call: an extension, a pause, tones.
MORE_THAN_A_NUMBER = re.compile(r"[;,*#…]|\.{2,}")


class Refusal(StrEnum):
    """Why a click does not dial; the words of the API."""

    USER_UNKNOWN = "user_unknown"
    USER_UNMAPPED = "user_unmapped"
    NUMBER_INVALID = "number_invalid"
    NUMBER_SHORT = "number_short"
    NUMBER_OWN = "number_own"
    NUMBER_SATELLITE = "number_satellite"
    NUMBER_PREMIUM = "number_premium"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    NO_VIRTUAL_NUMBER = "no_virtual_number"
    USER_CAP = "user_cap"
    INTEGRATION_CAP = "integration_cap"
    NUMBER_CAP = "number_cap"


@dataclass(frozen=True)
class Destination:
    """A number that may be dialled, in E.164 with plus; or why it may not."""

    phone: str
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Counts:
    """Calls by a click so far: of this employee and of all within the last minute, to this number
    within the last hour."""

    user_minute: int = 0
    integration_minute: int = 0
    number_hour: int = 0


def read_destination(
    typed: str,
    *,
    country: str,
    allowed: Collection[str] | None,
    own_numbers: Collection[str] = (),
) -> Destination:
    """Read a number as a person or a page writes it and judge it. Pure.

    `country` (two letters) completes numbers without one; `allowed` are the countries that may be
    called, None for `country` alone; `own_numbers` as `services/office_lists.py` spells them.
    """
    text = TEL.sub("", typed[: LONGEST_TEXT + 1], count=1)
    if len(typed) > LONGEST_TEXT or MORE_THAN_A_NUMBER.search(text):
        return Destination("", Refusal.NUMBER_INVALID)
    digits = digits_of(text)
    if digits in own_numbers:
        return Destination(digits, Refusal.NUMBER_OWN)
    if 0 < len(digits) < SHORTEST:
        return Destination(digits, Refusal.NUMBER_SHORT)
    phone = normalise(text, country=country)
    if phone is None or not phone.is_valid:
        return Destination("", Refusal.NUMBER_INVALID)
    return Destination(phone.value, _judge(phone.value, country, allowed, own_numbers))


def over_cap(counts: Counts, caps: Caps) -> Refusal | None:
    """The limit that one more call would break; the narrowest is named first."""
    if counts.number_hour >= caps.number_per_hour:
        return Refusal.NUMBER_CAP
    if counts.user_minute >= caps.user_per_minute:
        return Refusal.USER_CAP
    if counts.integration_minute >= caps.integration_per_minute:
        return Refusal.INTEGRATION_CAP
    return None


def _judge(
    phone: str, country: str, allowed: Collection[str] | None, own_numbers: Collection[str]
) -> Refusal | None:
    number = phonenumbers.parse(phone, None)
    if phone in own_numbers:
        return Refusal.NUMBER_OWN
    if is_satellite(number):
        return Refusal.NUMBER_SATELLITE
    if is_premium(number):
        return Refusal.NUMBER_PREMIUM
    regions = {code.upper() for code in (country,) if allowed is None} | set(allowed or ())
    if phonenumbers.region_code_for_number(number) not in regions:
        return Refusal.COUNTRY_NOT_ALLOWED
    return None
