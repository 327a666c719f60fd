from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.notification_members import EVERY_NAME
from clients.notifications import UnreadableError, read


def event_of(query):
    return read(b"", None, query.encode()).event


def code_of(body, query=b""):
    with pytest.raises(UnreadableError) as raised:
        read(body, None, query)
    assert str(raised.value)
    return raised.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"contact_full_name":""Агент \\"О\\" Один""', 'Агент "О" Один', id="quotes"),
        pytest.param('"contact_full_name":""""', None, id="nothing-in-quotes"),
        pytest.param('"contact_full_name":{{contact_full_name}}', None, id="bare-placeholder"),
        pytest.param(
            '"contact_full_name":""{{contact_full_name}}""', None, id="quoted-placeholder"
        ),
        pytest.param('"contact_full_name":', None, id="no-value"),
        pytest.param('"contact_full_name": ""Анна, {Ж}"" ', "Анна, {Ж}", id="signs-inside"),
        pytest.param('"contact_full_name":"a: {{x}}, b","x":{{x}}', "a: {{x}}, b", id="kept-text"),
        pytest.param('"contact_full_name":"a\nb"', "a\nb", id="line-feed-in-a-text"),
        pytest.param('"x":1e999,"y":NaN,"contact_full_name":"A"', "A", id="no-json-numbers"),
        pytest.param('"x":' + "9" * 5000 + ',"contact_full_name":"A"', "A", id="huge-number"),
        pytest.param('"contact_full_name":"A","contact_full_name":"B"', "B", id="twice"),
    ],
)
def test_a_broken_body_is_repaired(text, expected):
    body = f'{{"event":"call_finished","call_session_id":5,{text}}}'.encode()

    event = read(body, None, b"").event

    assert event.members.get("contact_full_name") == expected
    assert event.call_session_id == "5"


def test_a_list_in_quotes_is_repaired():
    body = b'{"call_session_id":5,"tag_names":"["vip","sale"]","scenario_name":""Main""}'

    members = read(body, None, b"").event.members

    assert members["tag_names"] == ["sale", "vip"]
    assert members["scenario_name"] == "Main"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("communication_number=3employee_full_name=A%20B", ("3", "A B"), id="lost"),
        pytest.param("communication_number=employee_full_name=A+B", (None, "A B"), id="lost-empty"),
        pytest.param("communication_number=3&employee_full_name=A=B", ("3", "A=B"), id="own-sign"),
        pytest.param("communication_number=3%26employee_full_name%3DA", None, id="encoded-stays"),
    ],
)
def test_a_lost_ampersand_in_a_query(query, expected):
    event = event_of(f"event=call_finished&call_session_id=5&{query}")

    names = ("communication_number", "employee_full_name")
    number, name = (event.members.get(each) for each in names)
    told = (None if number is None else str(number), name)
    assert told == (expected or ("3&employee_full_name=A", None))


def test_the_longest_member_name_starts_a_new_member():
    query = "event=call_finished&call_session_id=5&call_source=valast_talked_employee_id=101"

    members = event_of(query).members

    assert members["call_source"] == "va"
    assert members["last_talked_employee_id"] == "101"
    assert "employee_id" not in members


def test_members_beside_the_body_stand_in_the_query():
    event = read(b'{"call_session_id":5}', None, b"event=lost_call&call_session_id=6").event

    assert event.kind == "lost_call"
    assert event.call_session_id == "5"


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("call_info[call_session_id]=5&call_info[tag_names][]=a", id="brackets"),
        pytest.param("call_info.call_session_id=5&tag_names=a", id="dots"),
        pytest.param("call_session_id=5&tag_names[]=a&tag_names[]=a", id="repeated"),
    ],
)
def test_a_nested_form(form):
    event = read(form.encode(), "application/x-www-form-urlencoded", b"").event

    assert event.members == {"call_session_id": "5", "tag_names": ["a"]}


def test_a_repeated_list_member_of_a_form_gathers():
    form = urlencode({"call_session_id": 5, "employee_ids": [101, 102]}, doseq=True)

    event = read(form.encode(), None, b"").event

    assert event.members["employee_ids"] == ["101", "102"]


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        pytest.param(b"", b"", "empty", id="empty"),
        pytest.param(b" \n", b"", "empty", id="blank"),
        pytest.param(b"\xff\xfe{", b"", "undecodable", id="bytes"),
        pytest.param(b"", b"a=%FF", "undecodable", id="bytes-in-the-query"),
        pytest.param(b"[1]", b"", "not_an_object", id="list"),
        pytest.param(b'"a=b"', b"", "not_an_object", id="text"),
        pytest.param(b"null", b"", "not_an_object", id="null"),
        pytest.param(b"hello", b"", "not_an_object", id="word"),
        pytest.param(b"{{x}}", b"", "not_an_object", id="placeholder"),
        pytest.param(b'{"a":', b"", "invalid_json", id="cut-off"),
        pytest.param(b"[" * 65_536, b"", "not_an_object", id="brackets"),
        pytest.param(b'{"a":' + b"[" * 65_000, b"", "invalid_json", id="deep"),
        pytest.param(b'{"event":"lost_call"}', b"", "no_call_session_id", id="no-call"),
        pytest.param(b'{"file_link":"x"}', b"", "no_call_session_id", id="told-by-members"),
        pytest.param(b'{"event":"tag_set"}', b"", "no_call_session_id", id="tag"),
        pytest.param(
            b"event=lost_call&call_session_id=null", b"", "no_call_session_id", id="null-id"
        ),
    ],
)
def test_unreadable(body, query, code):
    assert code_of(body, query) == code


@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from('{}[]":,=&%\\ \nabn0.eE-+\x00'), max_size=80).map(str.encode)
    | st.sampled_from(sorted(EVERY_NAME)).map(lambda name: f'{{"{name}":"'.encode())
)
def test_any_bytes_are_read_or_unreadable(received):
    for body, query in ((received, b""), (b"", received), (b'{"x":' + received + b"}", b"")):
        try:
            assert json.loads(json.dumps(read(body, None, query).event.members)) is not None
        except UnreadableError as error:
            assert error.code
