from __future__ import annotations

import pytest

from rules.secret_names import is_secret_name


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "passwd",
        "api_key",
        "apiKey",
        "behomes-api-key",
        "key",
        "rows-0-key",
        "access_token",
        "csrf_token",
        "webhook_secret",
        "PIN",
        "client_credentials",
    ],
)
def test_name_of_a_secret(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["title", "comment", "email", "keyboard", "monkey", "due_minutes", "spinner", "rows-0-target"],
)
def test_name_of_what_may_be_kept(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize("name", ["magic", "rows-3-magic"])
def test_names_that_are_known_to_be_secret_count_whatever_they_sound_like(name):
    assert is_secret_name(name, {"magic"})
