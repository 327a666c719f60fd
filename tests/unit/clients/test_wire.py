from __future__ import annotations

import copy
import tomllib

import pytest

from clients.wire import BEHOMES_TOML, WireError, check_wire, load_wire

GOOD = tomllib.loads(BEHOMES_TOML.read_text(encoding="utf-8"))


def changed(path, value):
    """The shipped file with one entry replaced, or taken out with None."""
    data = copy.deepcopy(GOOD)
    *steps, last = path.split(".")
    table = data
    for step in steps:
        table = table[step]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return data


def test_shipped_file_is_good():
    wire = load_wire()

    assert (wire.key_place, wire.key_name) == ("query", "api_key")
    assert wire.operations["put_call"].path == "/calls/{reference}"
    assert "search_by_phone" in wire.capabilities


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("request", None),
        ("request", "x"),
        ("request.prefix", "v4/crm"),
        ("request.prefix", "/v4/crm/"),
        ("request.prefix", "/v4?x"),
        ("request.key", "cookie:x"),
        ("request.key", "query"),
        ("request.key", "query:a b"),
        ("request.key", "header:a_b"),
        ("request.key", "bearer:x"),
        ("request.body", "xml"),
        ("request.time", "epoch"),
        ("request.time", 1),
        ("request.unknown", "x"),
        ("envelope.item", None),
        ("envelope.item", "a..b"),
        ("envelope.item", "a b"),
        ("envelope.created_id", ""),
        ("paging.style", "none"),
        ("paging.page", ""),
        ("paging.first_page", 2),
        ("paging.first_page", True),
        ("paging.objects_per_page", 0),
        ("paging.objects_per_page", "50"),
        ("capabilities.calls", "yes"),
        ("capabilities.calls", None),
        ("capabilities.unknown", True),
        ("operations.account", None),
        ("operations.account.method", "get"),
        ("operations.account.path", "account"),
        ("operations.account.path", "/account?x=y"),
        ("operations.account.path", "/{id}"),
        ("operations.account.query", {}),
        ("operations.get_client.path", "/clients"),
        ("operations.get_client.path", "/clients/{reference}"),
        ("operations.find_clients.query", None),
        ("operations.find_clients.query.phone", "a&b"),
        ("operations.find_clients.query.other", "x"),
        ("operations.unknown", {}),
        ("objects.user.id", ""),
        ("objects.user.id", "."),
        ("objects.user.id", 1),
        ("objects.user.name", None),
        ("objects.user.unknown", "x"),
        ("objects.unknown", {}),
        ("words.direction.inbound", None),
        ("words.direction.inbound", ""),
        ("words.direction.inbound", True),
        ("words.direction.sideways", "x"),
        ("words.unknown", {}),
        ("errors.auth", "unauthorized"),
        ("errors.auth", [401]),
        ("errors.unknown", []),
        ("unknown", 1),
    ],
)
def test_bad_entry_is_named(path, value):
    with pytest.raises(WireError) as caught:
        check_wire(changed(path, value))

    assert str(caught.value).startswith(f"{path}: ")


def test_cursor_paging_needs_the_place_of_the_cursor():
    data = changed("paging.style", "cursor")
    data["paging"]["next_cursor"] = ""

    with pytest.raises(WireError, match=r"^paging\.next_cursor: "):
        check_wire(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("request.prefix", ""),
        ("request.key", "header:X-Api-Key"),
        ("request.key", "bearer"),
        ("envelope.item", ""),
        ("envelope.list", "data.items"),
        ("paging.max_pages", ""),
        ("objects.client.url", ""),
        ("objects.client.responsible_user_id", "owner.id"),
        ("objects.lead.source", "."),
        ("words.stage_kind.won", 2),
    ],
)
def test_alternative_is_taken(path, value):
    check_wire(changed(path, value))


def test_file_that_is_not_toml_is_named(tmp_path):
    path = tmp_path / "behomes.toml"
    path.write_text("[request")

    with pytest.raises(WireError, match=r"^behomes\.toml: "):
        load_wire(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(WireError, match=r"^other\.toml: "):
        load_wire(tmp_path / "other.toml")
