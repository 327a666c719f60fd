"""Bodies as `docs/behomes.md` shows them, before their references and links."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from rules.bodies import (
    Participant,
    call_body,
    call_status,
    entity_body,
    late_variables,
    task_body,
    texts,
    waits_for_recording,
)
from rules.call_values import Context, call_values
from rules.formats import Regional
from rules.pbx import CallRow
from rules.vocabulary import Entity, Outcome
from tests.unit.rules.calls import (
    at,
    event,
    facts,
    finished,
    folded,
    incoming,
    lost,
    outgoing,
    settings,
    talk,
)

DUBAI = ZoneInfo("Asia/Dubai")
RU, EN = Regional("ru", DUBAI, "AE"), Regional("en", DUBAI, "AE")
SAMPLE = {"contact_phone_number": "12025550143", "virtual_phone_number": "12025550100"}
CALL = folded(
    incoming(scenario_name="Main IVR", **SAMPLE),
    *talk("101", 12, 113, **SAMPLE),
    finished(125, wait_time_duration=12, talk_time_duration=113, total_time_duration=125, **SAMPLE),
)
RULES = settings(funnels={"pipeline_id": "p_2", "stage_id": "s_21"})
TITLE = {"title": "Call from +12025550143", "comment": None}


def body(entity, rendered, *, call=CALL, owner="u_17", fields=None):
    return entity_body(entity, call, RULES, rendered, fields or {}, owner=owner, country="AE")


def test_body_of_a_client():
    assert body(Entity.CLIENT, {"name": "Call +12025550143", "comment": None}) == {
        "name": "Call +12025550143",
        "phones": ["+12025550143"],
        "responsible_user_id": "u_17",
        "comment": None,
        "source": {"channel": "phone", "provider": "callgear"},
        "custom_fields": {},
    }


def test_body_of_a_lead():
    assert body(Entity.LEAD, TITLE, fields={"purpose": "o1"}) == {
        "title": "Call from +12025550143",
        "comment": None,
        "responsible_user_id": "u_17",
        "source": {"channel": "phone", "provider": "callgear", "virtual_number": "+12025550100"},
        "custom_fields": {"purpose": "o1"},
    }


def test_body_of_a_deal():
    assert body(Entity.DEAL, TITLE) == {
        "title": "Call from +12025550143",
        "comment": None,
        "pipeline_id": "p_2",
        "stage_id": "s_21",
        "responsible_user_id": "u_17",
        "custom_fields": {},
    }


def test_body_of_a_task():
    rendered = {"text": "Call back +12025550143"}

    assert task_body(CALL, rendered, owner="u_17", due_at=at(900).astimezone(DUBAI)) == {
        "type": "call_back",
        "text": "Call back +12025550143",
        "due_at": "2026-03-01T09:15:00+00:00",
        "responsible_user_id": "u_17",
        "phone": "+12025550143",
    }


@pytest.mark.parametrize("entity", [Entity.CLIENT, Entity.LEAD, Entity.DEAL])
def test_without_an_owner_no_responsible_is_sent(entity):
    assert "responsible_user_id" not in body(entity, TITLE, owner=None)
    assert "responsible_user_id" not in task_body(CALL, {"text": "x"}, owner=None, due_at=at(9))


def test_a_number_that_stays_raw_goes_as_its_digits():
    call = folded(incoming(contact_phone_number="990000123"))

    assert body(Entity.CLIENT, TITLE, call=call)["phones"] == ["990000123"]
    assert task_body(call, {"text": "x"}, owner=None, due_at=at(9))["phone"] == "990000123"


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        pytest.param("12025550100", "+12025550100", id="valid"),
        pytest.param("97140000001", "+97140000001", id="range-without-a-plan"),
        pytest.param("0160002", "0160002", id="no-international-number"),
        pytest.param("9999999999999999", "9999999999999999", id="too-long-for-one"),
        pytest.param("1010", None, id="too-short"),
    ],
)
def test_number_of_the_line(line, sent):
    call = folded(incoming(virtual_phone_number=line))

    assert body(Entity.LEAD, TITLE, call=call)["source"].get("virtual_number") == sent
    assert entry(call)["line_number"] == sent


def entry(call, *, participants=(), recordings=(), **links):
    return call_body(
        call,
        employee=participants[0] if participants else None,
        participants=participants,
        links=links,
        recordings=recordings,
        country="AE",
    )


def test_entry_of_a_call_in_the_history():
    agent = Participant("101", "u_17", "117", 113)
    recording = {"url": "https://crm.example.com/recordings/1", "seconds": 113}

    found = entry(
        CALL, participants=[agent], recordings=[recording], client_id="c_501", lead_id="l_900"
    )

    assert found == {
        "direction": "inbound",
        "status": "answered",
        "started_at": "2026-03-01T09:00:00+00:00",
        "answered_at": "2026-03-01T09:00:12+00:00",
        "ended_at": "2026-03-01T09:02:05+00:00",
        "duration": {"wait": 12, "talk": 113, "total": 125},
        "client_phone": "+12025550143",
        "line_number": "+12025550100",
        "employee": {"user_id": "u_17", "provider_id": "101", "extension": "117"},
        "participants": [{"user_id": "u_17", "talk": 113}],
        "links": {"client_id": "c_501", "lead_id": "l_900", "deal_id": None},
        "recordings": [recording],
        "source": {"scenario": "Main IVR", "campaign": None, "tags": []},
        "note": None,
    }


def test_entry_of_a_lost_call_with_a_hidden_number():
    call = folded(incoming(contact_phone_number=None), lost(31, contact_phone_number=None))

    found = entry(call)

    assert (found["status"], found["client_phone"], found["employee"]) == ("missed", None, None)
    assert found["duration"] == {"wait": 31, "talk": 0, "total": 31}
    assert found["participants"] == []
    assert found["links"] == {"client_id": None, "lead_id": None, "deal_id": None}


def test_source_of_a_call_that_only_the_report_knows():
    named = {"scenario_name": "Main IVR", "campaign_name": "Spring"}
    row = CallRow("1", started_at=at(0), finished_at=at(9), tags=("vip",), parameters=named)

    assert entry(folded(report=row))["source"] == {
        "scenario": "Main IVR",
        "campaign": "Spring",
        "tags": ["vip"],
    }


@pytest.mark.parametrize(
    ("call", "status"),
    [
        pytest.param(CALL, "answered", id="answered"),
        pytest.param(folded(lost(31, lost_reason="subscriber_busy")), "missed", id="missed"),
        pytest.param(folded(outgoing(), finished(9)), "no_answer", id="no-reason"),
        *(
            pytest.param(folded(outgoing(), finished(9, lost_reason=reason)), status, id=reason)
            for reason, status in [
                ("subscriber_busy", "busy"),
                ("operator_busy", "busy"),
                ("subscriber_disconnects", "rejected"),
                ("operator_disconnects", "canceled"),
                ("no_success_subscriber_call", "no_answer"),
                ("something_new", "no_answer"),
            ]
        ),
        pytest.param(
            folded(outgoing(), *talk("102", 4, 5), finished(9, lost_reason="subscriber_busy")),
            "answered",
            id="the-reason-never-decides-whether-answered",
        ),
        pytest.param(facts(is_ended=True, outcome=Outcome.UNKNOWN), "unknown", id="closed"),
    ],
)
def test_status_of_a_call(call, status):
    assert call_status(call) == status


def rendered(entity, call=CALL, regional=EN, **templates):
    rules = settings(templates=templates)
    return texts(entity, rules, call_values(call, Context(), regional), regional)


@pytest.mark.parametrize(
    ("entity", "regional", "expected"),
    [
        pytest.param(
            Entity.CLIENT, RU, {"name": "Звонок +12025550143", "comment": None}, id="client-ru"
        ),
        pytest.param(
            Entity.LEAD,
            RU,
            {"title": "Звонок с +12025550143 на +12025550100", "comment": None},
            id="lead-ru",
        ),
        pytest.param(
            Entity.DEAL,
            EN,
            {"title": "Call from +12025550143 to +12025550100", "comment": None},
            id="deal-en",
        ),
        pytest.param(
            Entity.TASK, EN, {"text": "Call back +12025550143: missed call 13:00"}, id="task-en"
        ),
    ],
)
def test_standard_texts(entity, regional, expected):
    assert rendered(entity, regional=regional) == expected


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        pytest.param({"title": "{{scenario_name}}"}, ("Main IVR", None), id="own-title"),
        pytest.param({"comment": " {{tags}} "}, ("Call from", None), id="empty-comment-is-null"),
        pytest.param({"comment": "x {{tags}}"}, ("Call from", "x"), id="comment-without-value"),
        pytest.param({"title": "{{utm_source}} "}, ("Call from", None), id="empty-title"),
        pytest.param({"title": None}, ("Call from", None), id="missing-title"),
    ],
)
def test_own_texts_give_way_to_standard_ones_where_empty(lead, expected):
    found = rendered(Entity.LEAD, lead=lead)

    assert (found["title"][: len(expected[0])], found["comment"]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Anna Smith", "Anna Smith", id="known-to-the-pbx"),
        pytest.param("  ", "Call +12025550143", id="blank"),
        pytest.param(None, "Call +12025550143", id="unknown"),
    ],
)
def test_name_of_a_client(name, expected):
    call = folded(incoming(contact_full_name=name, **SAMPLE))

    assert rendered(Entity.CLIENT, call)["name"] == expected


def test_a_caller_s_text_is_never_parsed_again():
    call = folded(incoming(contact_full_name="{{call_session_id}}", **SAMPLE))

    assert rendered(Entity.CLIENT, call)["name"] == "{{call_session_id}}"


RECORD = event("record_ready", 200, file_link="https://m/1")


@pytest.mark.parametrize(
    ("title", "call", "late"),
    [
        pytest.param(None, folded(incoming()), {}, id="standard"),
        pytest.param("{{tags}}", folded(incoming()), {"title": ["tags"]}, id="ringing"),
        pytest.param("{{tags}}", CALL, {}, id="ended"),
        pytest.param("{{utm_term}} {{tags}}", CALL, {"title": ["utm_term"]}, id="report"),
        pytest.param("{{record_link}}", CALL, {"title": ["record_link"]}, id="recording"),
        pytest.param("{{record_link}}", folded(incoming(), RECORD), {}, id="recorded"),
    ],
)
def test_variables_that_come_later(title, call, late):
    rules = settings(templates={"lead": {"title": title}})

    found = late_variables(Entity.LEAD, rules, call, call_values(call, Context(), EN), EN)

    assert {field: [each.name for each in open_ones] for field, open_ones in found.items()} == late
    assert any(map(waits_for_recording, found.values())) is ("record_link" in str(late))
