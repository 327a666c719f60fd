"""Which numbers a click may dial: no spelling leads to an expensive one; limits."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dialling import Counts, Refusal, over_cap, read_destination
from rules.settings import Caps

MOBILE = "+971501234567"


def read(text, *, country="AE", allowed=None, own=()):
    return read_destination(text, country=country, allowed=allowed, own_numbers=own)


@pytest.mark.parametrize(
    "spelling",
    [
        "+971501234567",
        "971501234567",
        "00971501234567",
        "0501234567",
        "050 123 4567",
        "+971 (50) 123-45-67",
        "+971\u00a050\u2011123\u20114567",
        "tel:+971-50-123-4567",
        "TEL:00971501234567",
        "٠٥٠١٢٣٤٥٦٧",
        "+٩٧١٥٠١٢٣٤٥٦٧",
        "\u202a+971501234567\u202c",
    ],
)
def test_every_spelling_of_an_allowed_number_is_one_number(spelling):
    assert (read(spelling).phone, read(spelling).refusal) == (MOBILE, None)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("881612345678", "number_satellite"),
        ("870772001234", "number_satellite"),
        ("61147100123", "number_satellite"),
        ("979123456789", "number_premium"),
        ("19005551234", "number_premium"),
        ("12129761234", "number_premium"),
        ("447012345678", "number_premium"),
        ("449012345678", "number_premium"),
        ("448701234567", "number_premium"),
        ("78095551234", "number_premium"),
        ("18765551234", "country_not_allowed"),
        ("23276123456", "country_not_allowed"),
        ("442079460000", "country_not_allowed"),
    ],
)
@pytest.mark.parametrize("spelling", ["+{}", "00{}", " 00 {}", "tel:+{}", "+({})", "＊{}", "+{}."])
def test_no_spelling_leads_to_an_expensive_or_foreign_number(number, word, spelling):
    found = read(spelling.format(number))

    assert found.refusal is not None
    assert found.refusal in (word, Refusal.NUMBER_INVALID)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "+",
        "hello",
        "anonymous",
        "011971501234567",
        "000971501234567",
        "+971501234567;ext=5",
        "+971501234567x5",
        "+971501234567,,1",
        "+971501234567...5",
        "+971501234567…5",
        "+971501234567#31#",
        "*31#+971501234567",
        "+971501234567 +19005551234",
        "tel:0501234567;phone-context=+1900",
        "sip:1@example.com",
        "8" * 101,
    ],
)
def test_what_is_no_plain_number_is_refused(spelling):
    assert read(spelling).refusal is Refusal.NUMBER_INVALID


@pytest.mark.parametrize("number", ["112", "999", "+112", "1 1 2", "911", "tel:112", "101", "٩٩٩"])
def test_emergency_and_short_numbers_are_refused(number):
    assert read(number).refusal is Refusal.NUMBER_SHORT


def test_own_numbers_and_extensions_are_refused():
    own = {"+97143123456", "97140000001", "0160001", "118"}

    assert read("04 312 3456", own=own).refusal is Refusal.NUMBER_OWN
    assert read("+971 4 000 0001", own=own).refusal is Refusal.NUMBER_OWN
    assert read("0160001", own=own).refusal is Refusal.NUMBER_OWN
    assert read("118", own=own).refusal is Refusal.NUMBER_OWN


def test_allowed_countries_take_the_place_of_the_default_one():
    assert read("+12025550143", allowed=["US", "GB"]).refusal is None
    assert read(MOBILE, allowed=["US", "GB"]).refusal is Refusal.COUNTRY_NOT_ALLOWED
    assert read(MOBILE, allowed=[]).refusal is Refusal.COUNTRY_NOT_ALLOWED
    assert read("011 881 612345678", country="US").refusal is Refusal.NUMBER_SATELLITE
    assert read("8 10 881 612345678", country="RU").refusal is not None


@given(st.text(alphabet="0123456789+()-. ٠١٢٣tel:xX,;#*…", max_size=40))
def test_whatever_passes_is_a_usual_number_of_the_country(text):
    found = read(text)

    if found.refusal is None:
        number = phonenumbers.parse(found.phone, None)
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.region_code_for_number(number) == "AE"
        kind = phonenumbers.number_type(number)
        assert kind != phonenumbers.PhoneNumberType.PREMIUM_RATE


@pytest.mark.parametrize(
    ("counts", "refusal"),
    [
        (Counts(9, 59, 4), None),
        (Counts(10, 59, 4), Refusal.USER_CAP),
        (Counts(9, 60, 4), Refusal.INTEGRATION_CAP),
        (Counts(10, 60, 5), Refusal.NUMBER_CAP),
    ],
)
def test_a_call_above_a_limit_is_refused(counts, refusal):
    assert over_cap(counts, Caps()) is refusal
