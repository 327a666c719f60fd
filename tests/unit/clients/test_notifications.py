from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.notification_members import GROUPS, MEMBERS
from clients.notifications import UnreadableError, kind_is_used, read
from rules.variables import VARIABLES

PAYLOADS = Path(__file__).parents[2] / "payloads" / "callgear"
CALL = {"event": "call_finished", "call_session_id": 700000101}
TALK = {
    **CALL,
    "event": "talk_finished",
    "notification_time": "2026-03-01 14:40:47.100",
    "contact_phone_number": "971500000011",
    "direction": "in",
    "employee_id": 101,
    "employee_full_name": "Агент Один",
    "talk_time_duration": 12,
    "is_transfer": False,
    "leg_ids": [9000, 9001],
}


def event_of(members=None, *, query=b"", **more):
    body = b"" if members is None else json.dumps({**members, **more}).encode()
    return read(body, "application/json", query).event


def member(name, value):
    return event_of(CALL, **{name: value}).members.get(name)


def bodies(pattern):
    return [pytest.param(path, id=path.name) for path in sorted(PAYLOADS.glob(pattern))]


def received(path):
    is_query = path.name.split(".")[1] in {"query", "lost_amp"}
    body = path.read_bytes()
    return read(b"", None, body) if is_query else read(body, None, b"")


SHAPES = (
    *("nested", "nested_no_event", "no_event", "form", "query", "lost_amp"),
    *("quoted", "unresolved", "numbers_as_text", "plus"),
)
# A mnemonic that is not published cannot tell the event of its literal.
NO_TWINS = ("broken", "unanswered_message.no_", "unanswered_message.nested_no_")
TWINS = [
    twin for shape in SHAPES for twin in bodies(f"*.{shape}.*") if not twin.id.startswith(NO_TWINS)
]


@pytest.mark.parametrize("path", TWINS)
def test_a_body_in_another_shape_is_the_same_event(path):
    kind = path.name.split(".")[0]
    session = {"lost_call": "700000102", "outgoing_call": "700000103"}.get(kind, "700000101")
    (flat, *_) = [
        *PAYLOADS.glob(f"{session}/*-{kind}.flat.json"),
        *PAYLOADS.glob(f"{kind}.flat.json"),
    ]

    assert received(path).event == received(flat).event
    assert received(path).event.kind == kind


@pytest.mark.parametrize("path", bodies("*.no_milliseconds.json"))
def test_another_time_is_another_event(path):
    flat = path.with_name(path.name.replace("no_milliseconds", "numbers_as_text"))

    assert received(path).event.key != received(flat).event.key


def test_each_event_of_the_whole_calls_is_another_one():
    events = [received(path).event for path in sorted(PAYLOADS.glob("7*/*.json"))]

    assert len({event.key for event in events}) == len(events) > 20
    assert all(event.is_used for event in events)


@pytest.mark.parametrize("path", bodies("broken.*"))
def test_what_cannot_be_read_is_said(path):
    with pytest.raises(UnreadableError) as raised:
        received(path)

    assert raised.value.code


@pytest.mark.parametrize("path", bodies("ignored.*"))
def test_what_is_no_call_is_read_and_not_used(path):
    assert not received(path).event.is_used


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        pytest.param({"event": "leg_finished"}, "leg_finished", id="literal"),
        pytest.param({"event": " Lost_Call "}, "lost_call", id="literal-in-another-case"),
        pytest.param({"event": "call_session_finished"}, "call_finished", id="literal-mnemonic"),
        pytest.param({"event": "site_form", "file_link": "x"}, "site_form", id="foreign-literal"),
        pytest.param(
            {"event": "{{event}}", "notification_mnemonic": "out_call_session"},
            "outgoing_call",
            id="mnemonic",
        ),
        pytest.param(
            {"notification_mnemonic": "lost_call_session", "file_link": "x"},
            "lost_call",
            id="mnemonic-before-members",
        ),
        pytest.param({"notification_mnemonic": "waiting_answer"}, "waiting_answer", id="own-name"),
        pytest.param({"notification_mnemonic": "set_mark"}, "tag_set", id="tag"),
        pytest.param({"file_link": "x", "total_time_duration": 1}, "record_ready", id="link"),
        pytest.param({"total_time_duration": 0, "employee_ids": [1]}, "call_finished", id="total"),
        pytest.param({"last_talked_employee_id": 1, "leg_id": 1}, "call_finished", id="last-talk"),
        pytest.param({"employee_ids": [1], "talk_time_duration": 1}, "lost_call", id="rung"),
        pytest.param({"lost_reason": "timeout", "leg_ids": [1]}, "lost_call", id="reason"),
        pytest.param({"talk_time_duration": 0, "leg_ids": [1]}, "talk_finished", id="talk"),
        pytest.param({"leg_ids": [1], "leg_id": 1}, "talk_started", id="legs"),
        pytest.param({"leg_id": 1, "employee_phone_number": "1"}, "waiting_answer", id="leg"),
        pytest.param({"employee_phone_number": "0160002"}, "outgoing_call", id="own-phone"),
        pytest.param({"contact_phone_number": "971500000011"}, "incoming_call", id="call"),
        pytest.param({"contact_phone_number": "anonymous"}, "incoming_call", id="hidden-caller"),
        pytest.param({"employee_ids": [], "leg_ids": "[]", "file_link": ""}, "", id="empty-ones"),
        pytest.param({"notification_mnemonic": "low_balance"}, "low_balance", id="foreign-word"),
    ],
)
def test_the_event_is_told_by(members, kind):
    event = event_of({"call_session_id": 5, **members})

    assert event.kind == kind
    assert kind_is_used(kind) is event.is_used


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        pytest.param("employee_id", [101, "101", 101.0, "101.0", " 101 "], "101", id="id"),
        pytest.param("employee_id", [True, [1], {"a": 1}, "x" * 65, 1e300], None, id="no-id"),
        pytest.param("visitor_id", [2**70], str(2**70), id="large-id"),
        pytest.param("talk_time_duration", [12, "12", "12.0", 12.0, "+12"], 12, id="seconds"),
        pytest.param("talk_time_duration", [1.5, "1.5"], 1.5, id="parts-of-seconds"),
        pytest.param("talk_time_duration", [True, 10**40, 1e300], None, id="no-number"),
        pytest.param("talk_time_duration", ["0:12"], "0:12", id="another-text"),
        pytest.param("is_lost", [True, "true", "True", 1, "1", "yes"], True, id="flag"),
        pytest.param("is_lost", [False, "false", 0, "0", "no"], False, id="flag-off"),
        pytest.param(
            "contact_phone_number",
            [971500000011, "+971500000011", "+971 (50) 000-0011", "971500000011...205"],
            "971500000011",
            id="phone",
        ),
        pytest.param("contact_phone_number", ["anonymous"], "anonymous", id="hidden"),
        pytest.param(
            "employee_ids",
            [
                [102, 101, 101],
                ["101", "102"],
                "102, 101",
                "[101,102]",
                '["102","101"]',
                [101, 102.0],
            ],
            ["101", "102"],
            id="list",
        ),
        pytest.param(
            "tag_names", [["b", None, "", "{{x}}", {}, "a"], "b,a,"], ["a", "b"], id="tags"
        ),
        pytest.param("leg_ids", [9000, "9000", [9000]], ["9000"], id="list-of-one"),
        pytest.param("direction", ["in", "In", "inbound", "incoming"], "inbound", id="inbound"),
        pytest.param("direction", ["out", "outbound", "outgoing"], "outbound", id="outbound"),
        pytest.param("direction", ["internal"], "internal", id="internal"),
        pytest.param(
            "lost_reason",
            ["subscriber_disconnects", "caller_disconnects", "Caller_Disconnects"],
            "subscriber_disconnects",
            id="reason",
        ),
        pytest.param(
            "lost_reason", ["operator_not_responsive"], "operator_not_responsible", id="r2"
        ),
        pytest.param("contact_full_name", [" Анна ", '"Анна"', '""Анна""'], "Анна", id="text"),
        pytest.param(
            "contact_full_name", ["А\x00нна", "А\ud800нна", "Анна\x00"], "Анна", id="signs"
        ),
        pytest.param("contact_full_name", [12, "12", 12.0], "12", id="number-for-a-text"),
        pytest.param(
            "contact_full_name",
            [None, "", "  ", "null", '"null"', "{{contact_full_name}}", "{{ x }}", "\x00", [], {}],
            None,
            id="absent",
        ),
    ],
)
def test_one_spelling_of(name, values, expected):
    assert [member(name, value) for value in values] == [expected] * len(values)
    assert {type(member(name, value)) for value in values} == {type(expected)}


def test_an_alias_gives_way_to_the_name():
    aliased = event_of(CALL, call_record_duration="12")
    named = event_of(CALL, file_duration=12)
    both = event_of(CALL, call_record_duration=9, file_duration=12)

    assert aliased == named == both


def test_the_secret_is_beside_the_event():
    with_secret = read(json.dumps({**CALL, "secret": "abc"}).encode(), None, b"")
    by_query = read(json.dumps(CALL).encode(), None, b"secret=abc")
    without = read(json.dumps({**CALL, "secret": "{{secret}}"}).encode(), None, b"")

    assert (with_secret.secret, by_query.secret, without.secret) == ("abc", "abc", None)
    assert with_secret.event == without.event
    assert "secret" not in with_secret.event.members


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"notification_name": "another"}, id="name-of-the-notification"),
        pytest.param({"weather": "fine", "secrets": ["x"]}, id="unknown-members"),
        pytest.param({"contact_info": {"weather": "fine"}, "call_info": None}, id="unknown-inside"),
    ],
)
def test_what_does_not_count_makes_no_other_event(more):
    assert event_of(TALK, **more) == event_of(TALK)


def test_a_tag_on_a_chat_is_no_call():
    event = event_of({"event": "tag_set", "communication_type": "chat", "tag_names": ["vip"]})

    assert not event.is_used


TEXT = st.text(st.characters(codec="utf-8", exclude_characters='"{}\x00,'), min_size=1, max_size=12)
VALUES = st.one_of(st.integers(0, 10**12), st.booleans(), TEXT)


def as_pair(value):
    return value if isinstance(value, str) else json.dumps(value)


@given(st.dictionaries(st.sampled_from(sorted(MEMBERS)), VALUES), st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_count(members, random):
    members = {**members, **CALL}
    names = list(members)
    random.shuffle(names)

    assert event_of(members) == event_of({name: members[name] for name in names})


@given(st.dictionaries(st.sampled_from(sorted(MEMBERS)), VALUES), st.sampled_from(GROUPS))
def test_flat_nested_form_and_query_are_one_event(members, group):
    members = {**members, **CALL}
    pairs = urlencode({name: as_pair(value) for name, value in members.items()}).encode()

    flat = event_of(members)

    assert event_of({group: members}) == flat
    assert read(pairs, None, b"").event == flat
    assert event_of(query=pairs) == flat


@given(st.dictionaries(st.sampled_from(sorted(MEMBERS.keys() - CALL)), TEXT, min_size=1))
def test_another_value_is_another_event(members):
    name = sorted(members)[0]
    changed = {**members, name: f"{members[name].strip()}z9"}

    first, second = event_of(CALL, **members), event_of(CALL, **changed)

    assert (first.key == second.key) == (first.members == second.members)


def test_each_variable_is_fed_by_members_that_are_read():
    fed_by = {name for variable in VARIABLES.values() for name in variable.members}

    assert fed_by <= set(MEMBERS)
