from __future__ import annotations

import pytest

from rules.emails import is_email
from rules.passwords import Weakness, find_weakness


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        pytest.param("123456789", Weakness.SHORT, id="nine"),
        pytest.param("blue camel", None, id="ten"),
        pytest.param("1234567890", Weakness.GUESSABLE, id="digits-in-a-row"),
        pytest.param("Password123", Weakness.GUESSABLE, id="known-in-another-case"),
        pytest.param("qwertyuiop", Weakness.GUESSABLE, id="row-of-keys"),
        pytest.param("callgear2026", Weakness.GUESSABLE, id="word-of-this-place"),
        pytest.param("callgear sings at noon", None, id="sentence-with-such-a-word"),
        pytest.param("x1y2" * 50, None, id="two-hundred"),
        pytest.param("x1y2" * 50 + "z", Weakness.LONG, id="longer"),
        pytest.param("aaaaaaabbb", Weakness.GUESSABLE, id="two-signs"),
        pytest.param("Agent.One.Dubai", Weakness.GUESSABLE, id="name-of-the-mailbox"),
        pytest.param("agent.one.dubai@example.com", Weakness.GUESSABLE, id="the-e-mail"),
        pytest.param("пароль с пробелами", None, id="russian"),
    ],
)
def test_weakness(password, weakness):
    assert find_weakness(password, "agent.one.dubai@example.com") is weakness


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("agent.one@example.com", True),
        ("admin@localhost", True),
        ("agent.one", False),
        ("@example.com", False),
        ("agent one@example.com", False),
        ("a@b@example.com", False),
        (f"{'a' * 200}@example.com", False),
    ],
)
def test_email(text, is_one):
    assert is_email(text) is is_one
