"""No click can run up a bill: premium, satellite and special numbers of the whole world."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from rules.dialling import Refusal, read_destination

EVERYWHERE = sorted(phonenumbers.SUPPORTED_REGIONS)
PAID = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
)
# What fraudsters call: beginnings whose cost is shared with whoever owns the number. Where the
# tables of numbering plans know no such number, it is no valid one at all.
NOTORIOUS = {
    "Inmarsat": "870773901234",
    "Iridium": "881621234567",
    "Globalstar": "881812345678",
    "Thuraya": "88216123456789",
    "EMSAT": "88213123456",
    "international networks": "883510012345678",
    "international premium": "979112345678",
    "universal personal": "878101234567890",
    "Australia premium": "611900123456",
    "Austria premium": "43900123456",
    "Belgium premium": "3290012345",
    "Bulgaria premium": "35990123456",
    "France premium": "33899123456",
    "Germany premium": "499001234567",
    "Germany 0137": "491371234567",
    "Italy premium": "39899123456",
    "Netherlands premium": "319001234567",
    "Poland premium": "48701234567",
    "Russia premium": "78095551234",
    "Spain premium": "34803123456",
    "Switzerland premium": "41900123456",
    "Turkey premium": "909001234567",
    "Britain premium": "449098790123",
    "Britain 070": "447012345678",
    "Britain 0871": "448710123456",
    "America premium": "19002345678",
    "America 976": "12129761234",
}
SPECIAL = (
    "112", "911", "999", "101", "0", "00", "100", "*#06#", "*21*900123#", "#31#", "**61*900#",
    "900", "1900", "90090", "117", "0900", "0906", "118118", "123456",
)  # fmt: skip
SPELLINGS = ("+{}", "00{}", "{}", "tel:+{}", "+{}...", "\u200e+{}", "+ {}", "（+{}）", "+{};isub=1")


def read(text, country="AE", allowed=EVERYWHERE):
    return read_destination(text, country=country, allowed=allowed)


def examples():
    """A number of each paid type in each country whose plan has one."""
    for region in EVERYWHERE:
        for kind in PAID:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield region, phonenumbers.format_number(number, PhoneNumberFormat.E164)


def test_paid_numbers_of_all_countries_are_refused_though_all_are_allowed():
    asked = list(examples())

    passed = [(region, phone) for region, phone in asked if read(phone).refusal is None]

    assert passed == []
    assert len(asked) > 250


def test_they_are_refused_in_their_own_country_s_spelling_too():
    for region, phone in examples():
        number = phonenumbers.parse(phone, None)
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        found = read(national, country=region)
        # "1860 ..." of India is read as an ordinary number of America.
        assert found.refusal is not None or found.phone != phone, (region, national)


@pytest.mark.parametrize("number", NOTORIOUS.values(), ids=NOTORIOUS)
def test_notorious_number_is_refused_in_every_spelling(number):
    digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for spelling in SPELLINGS:
        text = spelling.format(number)
        for written in (text, text.translate(digits), text.translate(wide), "-".join(text)):
            found = read(written)
            assert found.refusal is not None, written


@pytest.mark.parametrize("country", ["AE", "RU", "US", "GB", "DE"])
@pytest.mark.parametrize("typed", SPECIAL)
def test_short_and_service_codes_are_refused_everywhere(typed, country):
    assert read(typed, country=country).refusal is not None


@pytest.mark.parametrize("country", ["AE", "RU", "GB", "DE", "FR", "US"])
def test_ordinary_number_of_a_country_is_dialled_only_where_it_is_allowed(country):
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.FIXED_LINE)
    phone = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    others = [region for region in EVERYWHERE if region != country]

    assert read(phone, allowed=[country]).refusal is None
    assert read(phone, allowed=others).refusal is Refusal.COUNTRY_NOT_ALLOWED
    assert read(phone, allowed=[]).refusal is Refusal.COUNTRY_NOT_ALLOWED
    assert read(phone, country=country, allowed=None).refusal is None
