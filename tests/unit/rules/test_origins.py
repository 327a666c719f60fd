from __future__ import annotations

import pytest

from rules.origins import MOST_ORIGINS, is_allowed, read_origin, read_origins


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://crm.example.com", "https://crm.example.com"),
        (" HTTPS://CRM.Example.com:443/deals?x=1#y ", "https://crm.example.com"),
        ("crm.example.com", "https://crm.example.com"),
        ("https://crm.example.com:8443/", "https://crm.example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://[::1]:5", "https://[::1]:5"),
        ("https://пример.example", "https://xn--e1afmkfd.example"),
    ],
)
def test_origin_is_read_as_browsers_write_it(typed, origin):
    assert read_origin(typed) == origin
    assert read_origin(origin) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "http://crm.example.com",
        "ftp://crm.example.com",
        "javascript:alert(1)",
        "https://user@crm.example.com",
        "https://*.example.com",
        "https://a_b.example.com",
        "https://crm.example.com:99999",
        "https://crm example.com",
        "https://" + "a" * 300 + ".example.com",
    ],
)
def test_what_is_no_origin_or_not_safe_is_refused(typed):
    assert read_origin(typed) is None


def test_list_keeps_its_order_and_names_what_is_wrong():
    read = read_origins("b.example.com, https://a.example.com\nhttps://b.example.com/x; *")

    assert read.origins == ("https://b.example.com", "https://a.example.com")
    assert read.wrong == ("*",)


def test_list_may_be_so_long():
    words = [f"https://a{number}.example.com" for number in range(MOST_ORIGINS + 1)]

    assert not read_origins("\n".join(words[:-1])).is_too_long
    assert read_origins("\n".join(words)).is_too_long


@pytest.mark.parametrize("origin", [None, "", "null", "https://b.example.com"])
def test_only_named_origins_are_allowed(origin):
    assert not is_allowed(origin, ["https://a.example.com", "null"])
    assert is_allowed("https://a.example.com", ["https://a.example.com"])
