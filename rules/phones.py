"""One spelling for every phone number: E.164 with plus, or raw digits that are no valid number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

SHORTEST, LONGEST = 6, 20
LAST_DIGITS = 9
_EXTENSION = re.compile(r"\.{3}|…")
_PUNCTUATION = frozenset("+-.()/\\ ")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number; `value` is E.164 with plus when `is_valid`, else the digits as they came."""

    value: str
    is_valid: bool

    @property
    def digits(self) -> str:
        return self.value.lstrip("+")


@lru_cache(maxsize=16384)
def normalise(received: str | None, *, country: str) -> Phone | None:
    """Bring a number to its one spelling; None if hidden, absent, text, or of no usable length.

    An extension after three dots is cut (docs/callgear.md 1.6). The digits are tried as an
    international number first: `79161234567` read in the region AE would become an invalid one.
    Only then the default country (two letters) is applied. Pure, cached.
    """
    digits = digits_of(received)
    if not SHORTEST <= len(digits) <= LONGEST:
        return None
    number = _valid(f"+{digits}", None) or _valid(digits, country.upper())
    if number is None:
        return Phone(digits, False)
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), True)


@lru_cache(maxsize=4096)
def variants(phone: Phone | str, country: str) -> tuple[str, ...]:
    """The spellings to look a number up by, best first: E.164, digits, national form, last nine.

    A raw number has one: its exact digits. A text that is no number has none.
    """
    known = _known(phone, country)
    if known is None:
        return ()
    if not known.is_valid:
        return (known.value,)
    national = phonenumbers.format_number(_parsed(known), PhoneNumberFormat.NATIONAL)
    spellings = (known.value, known.digits, digits_of(national), known.digits[-LAST_DIGITS:])
    return tuple(dict.fromkeys(spelling for spelling in spellings if spelling))


def same(first: Phone | str | None, second: Phone | str | None, country: str) -> bool:
    """Tell whether two spellings are one number; two absent or hidden numbers are not."""
    left, right = _known(first, country), _known(second, country)
    return left is not None and left == right


def digits_of(received: str | None, *, strict: bool = True) -> str:
    """The digits of a number, without plus and extension.

    With `strict`, an empty text as soon as there is anything but digits and punctuation.
    """
    digits = []
    for sign in _EXTENSION.split(received or "", maxsplit=1)[0]:
        digit = unicodedata.decimal(sign, None)
        if digit is not None:
            digits.append(str(digit))
        elif strict and not _is_punctuation(sign):
            return ""
    return "".join(digits)


def mask(phone: Phone | str | None) -> str:
    """For logs and traces: the last four digits only, `***0143`; too short a number not at all."""
    digits = phone.digits if isinstance(phone, Phone) else digits_of(phone, strict=False)
    return f"***{digits[-4:]}" if len(digits) >= SHORTEST else "***"


@lru_cache(maxsize=4096)
def pretty(phone: Phone | str | None) -> str:
    """For people: `+971 50 123 4567`; a raw number as its digits, none as an empty text."""
    known = phone if isinstance(phone, Phone) else normalise(phone, country="")
    if known is None:
        return ""
    if not known.is_valid:
        return known.value
    return phonenumbers.format_number(_parsed(known), PhoneNumberFormat.INTERNATIONAL)


def example(country: str) -> str:
    """A mobile number of that country as numbering plans print it: for examples only."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    number = phonenumbers.example_number_for_type(country.upper(), kind)
    if number is None:
        return "+971501234567"
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _known(phone: Phone | str | None, country: str) -> Phone | None:
    return phone if isinstance(phone, Phone) else normalise(phone, country=country)


def _parsed(phone: Phone) -> PhoneNumber:
    return phonenumbers.parse(phone.value, None)


def _is_punctuation(sign: str) -> bool:
    # Copied numbers carry no-break spaces, typographic dashes and invisible direction marks.
    return sign in _PUNCTUATION or unicodedata.category(sign) in {"Zs", "Cc", "Cf", "Pd"}


def _valid(text: str, country: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
