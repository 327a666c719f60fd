from __future__ import annotations

import copy
import logging
import tomllib
from datetime import UTC, datetime

import pytest

from clients.wire import BEHOMES_TOML, check_wire, load_wire
from clients.wire_codec import as_flag, as_number, as_text, as_texts, form_body, look_up

GOOD = tomllib.loads(BEHOMES_TOML.read_text(encoding="utf-8"))
CALL = {
    "external_id": "cg-call-1",
    "direction": "inbound",
    "status": "answered",
    "started_at": "2026-01-01T00:00:00+00:00",
    "answered_at": None,
    "duration": {"wait": 12, "talk": 113, "total": None},
    "employee": None,
    "participants": [{"user_id": "u_17", "talk": 113}],
    "links": {"client_id": "c_501", "deal_id": None},
    "source": {"scenario": "Main", "tags": ("a", "b")},
    "revision": 2,
}


def codec(**changes):
    """The shipped codec with entries replaced: `lead__title="Name"`, `words__event={...}`."""
    data = copy.deepcopy(GOOD)
    data["request"]["time"] = changes.pop("time", data["request"]["time"])
    for path, value in changes.items():
        table, _, name = path.partition("__")
        if table == "words":
            data["words"][name] = value
        else:
            data["objects"][table][name] = value
    return check_wire(data).codec


def test_body_is_sent_as_it_is_by_default():
    encoded = codec().encode("call", CALL)

    assert encoded == {
        **CALL,
        "started_at": 1767225600000,
        "source": {"scenario": "Main", "tags": ["a", "b"]},
    }


def test_only_members_present_are_sent():
    assert codec().encode("lead", {"comment": None}) == {"comment": None}


def test_members_are_renamed_and_nested():
    renamed = codec(lead__title="Name", lead__responsible_user_id="owner.id", lead__comment="")

    encoded = renamed.encode("lead", {"title": "A", "responsible_user_id": "u", "comment": "c"})

    assert encoded == {"Name": "A", "owner": {"id": "u"}}


def test_two_members_may_share_a_parent():
    nested = codec(lead__title="data.title", lead__client_id="data.client.id")

    encoded = nested.encode("lead", {"title": "A", "client_id": "c"})

    assert encoded == {"data": {"title": "A", "client": {"id": "c"}}}


def test_nested_object_can_be_flattened():
    flat = codec(lead__source=".", source__channel="source_channel", source__provider="via")

    encoded = flat.encode("lead", {"source": {"channel": "phone", "provider": "callgear"}})

    assert encoded == {"source_channel": "phone", "via": "callgear"}
    assert flat.encode("lead", {"source": None}) == {}
    assert flat.decode("lead", encoded)["source"]["channel"] == "phone"


def test_enumeration_may_be_numbers():
    numbered = codec(words__direction={"inbound": 1, "outbound": 2})

    assert numbered.encode("call", {"direction": "outbound"}) == {"direction": 2}
    assert numbered.decode("call", {"direction": "2"})["direction"] == "outbound"


@pytest.mark.parametrize(
    "body",
    [
        {"titel": "x"},
        {"source": {"chanel": "x"}},
        {"source": {"channel": "x", "more": 1}},
    ],
)
def test_member_that_is_not_ours_is_refused(body):
    with pytest.raises(ValueError, match="has no member"):
        codec().encode("lead", body)


def test_word_that_is_not_ours_is_refused():
    with pytest.raises(ValueError, match="not a word of direction"):
        codec().encode("call", {"direction": "in"})


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("epoch_ms", 1767225600250),
        ("epoch_s", 1767225600),
        ("iso8601", "2026-01-01T00:00:00.250000Z"),
    ],
)
def test_time_is_sent_in_the_agreed_format(form, sent):
    assert codec(time=form).time("2026-01-01T04:00:00.250+04:00") == sent


def test_time_without_offset_is_refused():
    with pytest.raises(ValueError, match="no offset"):
        codec().time("2026-01-01T04:00:00")


MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "value", "moment"),
    [
        ("epoch_ms", 1767225600000, MOMENT),
        ("epoch_ms", "1767225600000", MOMENT),
        ("epoch_ms", 1767225600000.0, MOMENT),
        ("epoch_s", 1767225600, MOMENT),
        ("iso8601", "2026-01-01T04:00:00+04:00", MOMENT),
        ("iso8601", "2026-01-01T00:00:00Z", MOMENT),
        ("iso8601", "2026-01-01T00:00:00", MOMENT),
        ("epoch_ms", "2026-01-01", MOMENT),
        ("epoch_ms", None, None),
        ("epoch_ms", "", None),
        ("epoch_ms", True, None),
        ("epoch_ms", {}, None),
        ("epoch_ms", 10**30, None),
        ("epoch_ms", "1e400", None),
        ("epoch_ms", "soon", None),
    ],
)
def test_time_is_read(form, value, moment):
    assert codec(time=form).decode("client", {"created_at": value})["created_at"] == moment


def test_what_is_absent_is_none():
    decoded = codec().decode("client", {"id": 1})

    assert (decoded["id"], decoded["name"], decoded["phones"]) == ("1", None, ())
    assert (decoded["open_leads"], decoded["custom_fields"]) == ((), {})


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_what_is_no_object_is_empty(data):
    assert codec().decode("client", data) == {}


def test_unknown_members_are_ignored():
    decoded = codec().decode("stage", {"id": "s", "layoutPrice100%": 1, "Recomended": {}})

    assert decoded == {"id": "s", "name": None, "kind": None, "sort": None}


def test_unknown_word_is_none_with_a_warning(caplog):
    caplog.set_level(logging.WARNING)

    assert codec().decode("custom_field", {"key": "k", "type": "rainbow"})["type"] is None
    assert "rainbow" in caplog.text


def test_rows_that_are_no_objects_are_left_out():
    decoded = codec().decode("client", {"open_leads": [None, "x", {"id": 7}]})

    assert [row["id"] for row in decoded["open_leads"]] == ["7"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (9007199254740993, "9007199254740993"),
        (10**40, "1" + "0" * 40),
        (0, "0"),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        ({}, None),
    ],
)
def test_text(value, text):
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "texts"),
    [(["a", 1, None, ""], ("a", "1")), ("a", ("a",)), (None, ()), ({}, ())],
)
def test_texts(value, texts):
    assert as_texts(value) == texts


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1), ("2", 2), ("3.0", 3), (None, None), ("x", None), ("inf", None), (True, None)],
)
def test_number(value, number):
    assert as_number(value) == number


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        (False, False),
        (None, None),
        (1, True),
        (0, False),
        ("true", True),
        ("n", False),
    ],
)
def test_flag(value, flag):
    assert as_flag(value) is flag


def test_form_names_what_is_nested():
    body = {"title": "a b", "comment": None, "source": {"channel": "x"}, "phones": ["+1", "2"]}

    assert form_body(body) == (
        b"title=a+b&comment=&source%5Bchannel%5D=x&phones%5B0%5D=%2B1&phones%5B1%5D=2"
    )


def test_form_writes_flags_as_words():
    assert form_body({"a": True, "b": [{"c": False}]}) == b"a=true&b%5B0%5D%5Bc%5D=false"


@pytest.mark.parametrize(
    ("path", "found"),
    [((), {"a": {"b": 1}}), (("a", "b"), 1), (("a", "x"), None), (("a", "b", "c"), None)],
)
def test_look_up(path, found):
    assert look_up({"a": {"b": 1}}, path) == found


def test_every_object_survives_the_round_trip():
    wire = load_wire()

    assert wire.codec.decode("call", wire.codec.encode("call", CALL))["links"] == {
        "client_id": "c_501",
        "lead_id": None,
        "deal_id": None,
    }
