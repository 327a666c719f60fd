"""Numbers that cost too much to be dialled by a click, whatever the settings say."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

# Country codes of satellite networks and of networks that belong to no country.
SATELLITES = frozenset({870, 881})
NO_COUNTRY = frozenset({808, 878, 882, 883, 888, 979})
# Satellite ranges inside national plans: country code -> beginnings of the national number.
NATIONAL_SATELLITES = {61: ("1471",)}
PAID_TYPES = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.UNKNOWN,
    }
)
# Paid ranges that the library's tables know under another type, by country code. In the plan of
# North America every area code may have an exchange 976 with paid services.
PAID_BEGINNINGS = {44: ("70", "871", "872", "873", "9")}
PAID_EXCHANGE = "976"


def is_satellite(number: PhoneNumber) -> bool:
    """Whether a satellite network or one of no country carries this number."""
    code = number.country_code
    beginnings = NATIONAL_SATELLITES.get(code or 0, ())
    return code in SATELLITES | NO_COUNTRY - {979} or _national(number).startswith(beginnings)


def is_premium(number: PhoneNumber) -> bool:
    """Whether whoever dials this number pays more than for a call to a person."""
    code, national = number.country_code, _national(number)
    if code == 979 or phonenumbers.number_type(number) in PAID_TYPES:
        return True
    if code == 1 and national[3:6] == PAID_EXCHANGE:
        return True
    return national.startswith(PAID_BEGINNINGS.get(code or 0, ()))


def _national(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)
