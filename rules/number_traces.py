"""Find a phone number in texts and documents, however it is written there, and take it out.

What is found: the digits with or without plus, double zero, country code or the zero of the
national form, with blanks, brackets, dots and dashes between them. A longer row of digits that
happens to hold the number is not it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import phonenumbers

from rules.phones import Phone, digits_of

GONE = "***"
# Between two digits, as people and machines write numbers.
BETWEEN = r"[\s()./\-\u00a0\u2009\u202f\u2010-\u2015]{0,3}"
LAST = 4


@dataclass(frozen=True)
class NumberTraces:
    """One number; for a raw one only its exact digits are known."""

    phone: Phone
    country: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        core, prefixes = self._parts()
        before = "".join(f"(?:{_spread(each)}{BETWEEN})?" for each in prefixes)
        return re.compile(rf"(?<!\d)(?:\+|00)?{before}{_spread(core)}(?!\d)")

    def _parts(self) -> tuple[str, tuple[str, ...]]:
        """The digits that every spelling has, and what may stand before them."""
        if not self.phone.is_valid:
            return self.phone.digits, ()
        number = phonenumbers.parse(self.phone.value, None)
        core = phonenumbers.national_significant_number(number)
        shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        trunk = digits_of(shown).removesuffix(core)
        return core, tuple(each for each in (str(number.country_code), trunk) if each)

    def like_patterns(self) -> tuple[str, ...]:
        """What SQL's LIKE can look for: no text with the number is without one of these; many
        without it have one, too."""
        last = self.phone.digits[-LAST:]
        cut = len(last) // 2
        return tuple(f"%{last[:cut]}{sign}{last[cut:]}%" for sign in ("", "-", " ", "."))

    def is_in(self, value: Any) -> bool:
        """Whether the number stands anywhere in a text or a document."""
        return bool(self.without(value) != value)

    def without(self, value: Any, *, name: str = "") -> Any:
        """The same text or document with three stars in the place of the number. What is called an
        id stays: it is a long number of its own."""
        if isinstance(value, str):
            return value if _is_id(name) else self._pattern.sub(GONE, value)
        if isinstance(value, Mapping):
            return {key: self.without(each, name=str(key)) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.without(each, name=name) for each in value]
        if isinstance(value, int) and not isinstance(value, bool) and not _is_id(name):
            return GONE if self._pattern.fullmatch(str(value)) else value
        return value


def _spread(digits: str) -> str:
    return BETWEEN.join(digits)


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_ids", "_key"))
