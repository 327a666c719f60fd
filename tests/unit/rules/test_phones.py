from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.phones import Phone, mask, normalise, pretty, same, variants

MOBILE = Phone("+971501234567", True)


@pytest.mark.parametrize(
    ("received", "country", "expected"),
    [
        pytest.param("971501234567", "AE", MOBILE, id="as-the-pbx-sends-it"),
        pytest.param("+971501234567", "AE", MOBILE, id="leading-plus"),
        pytest.param("00971501234567", "AE", MOBILE, id="dialled-abroad"),
        pytest.param("0501234567", "AE", MOBILE, id="national"),
        pytest.param("501234567", "ae", MOBILE, id="national-without-trunk-lowercase-country"),
        pytest.param("+971 (50) 123-45-67", "AE", MOBILE, id="punctuation"),
        pytest.param("\u200e+971\u00a050\u2011123\u20114567\n", "AE", MOBILE, id="invisible-signs"),
        pytest.param("٩٧١٥٠١٢٣٤٥٦٧", "AE", MOBILE, id="arabic-digits"),
        pytest.param("971501234567...205", "AE", MOBILE, id="extension-cut"),
        pytest.param("79161234567", "AE", Phone("+79161234567", True), id="russian-in-dubai"),
        pytest.param("89161234567", "RU", Phone("+79161234567", True), id="russian-trunk-eight"),
        pytest.param("12025550143", "RU", Phone("+12025550143", True), id="american-in-moscow"),
        pytest.param("0160002", "AE", Phone("0160002", False), id="inner-number-stays-raw"),
        pytest.param(
            "97140000001...205", "AE", Phone("97140000001", False), id="raw-extension-cut"
        ),
        pytest.param("+97140000001", "AE", Phone("97140000001", False), id="raw-loses-its-plus"),
        pytest.param("0501234567", "", Phone("0501234567", False), id="no-country"),
        pytest.param(None, "AE", None, id="absent"),
        pytest.param("", "AE", None, id="empty"),
        pytest.param("anonymous", "AE", None, id="hidden"),
        pytest.param("sip:123456@pbx", "AE", None, id="text-with-digits"),
        pytest.param("12345", "AE", None, id="five-digits"),
        pytest.param("...123456", "AE", None, id="extension-alone"),
        pytest.param("1" * 21, "AE", None, id="longer-than-any-number"),
    ],
)
def test_one_spelling(received, country, expected):
    assert normalise(received, country=country) == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        pytest.param(
            MOBILE, ("+971501234567", "971501234567", "0501234567", "501234567"), id="valid"
        ),
        pytest.param(
            "79161234567",
            ("+79161234567", "79161234567", "89161234567", "161234567"),
            id="received-text",
        ),
        pytest.param(Phone("97140000001", False), ("97140000001",), id="raw-by-exact-digits"),
        pytest.param("anonymous", (), id="no-number"),
    ],
)
def test_look_up_variants(phone, expected):
    assert variants(phone, "AE") == expected


def test_equal_variants_stand_once():
    spellings = variants("+6562345678", "SG")

    assert spellings == ("+6562345678", "6562345678", "62345678", "562345678")
    assert len(set(spellings)) == len(spellings)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(MOBILE, "050 123 45 67", True, id="card-in-national-form"),
        pytest.param("971501234567", "+971-50-1234567", True, id="two-texts"),
        pytest.param("0160002", "0160002", True, id="raw-exact"),
        pytest.param("0160002", "160002", False, id="raw-not-exact"),
        pytest.param(MOBILE, "+79161234567", False, id="strangers"),
        pytest.param(MOBILE, "1501234567", False, id="same-last-nine-only"),
        pytest.param(None, None, False, id="two-hidden-callers"),
    ],
)
def test_same_number(first, second, expected):
    assert same(first, second, "AE") is expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        pytest.param("+12025550143", "***0143", id="text"),
        pytest.param(MOBILE, "***4567", id="phone"),
        pytest.param("call 971501234567", "***4567", id="inside-text"),
        pytest.param("1234", "***", id="too-short-to-show"),
        pytest.param(None, "***", id="absent"),
    ],
)
def test_mask_shows_four_digits_at_most(phone, expected):
    assert mask(phone) == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        pytest.param(MOBILE, "+971 50 123 4567", id="emirates"),
        pytest.param("79161234567", "+7 916 123-45-67", id="russia"),
        pytest.param("97140000001", "97140000001", id="raw"),
        pytest.param(None, "", id="absent"),
    ],
)
def test_pretty_for_people(phone, expected):
    assert pretty(phone) == expected


@given(st.text(), st.sampled_from(["AE", "RU", "US", "", "??"]))
def test_any_text_gives_a_number_or_none(text, country):
    phone = normalise(text, country=country)

    assert phone is None or phone.digits.isascii()
    assert phone is None or normalise(phone.value, country=country) is not None


@given(st.from_regex(r"\+?[0-9]{6,15}", fullmatch=True), st.sampled_from(["AE", "RU", "US"]))
def test_normalising_twice_changes_nothing(text, country):
    phone = normalise(text, country=country)

    assert phone is not None
    assert normalise(phone.value, country=country) == phone
