from __future__ import annotations

import pytest

from rules.facts import NO_REPORT, Recording
from rules.pbx import CallRow
from rules.phones import Phone
from rules.vocabulary import Direction, Outcome
from tests.unit.rules.calls import (
    ROW,
    at,
    event,
    finished,
    folded,
    incoming,
    lost,
    outgoing,
    ringing,
    talk,
)

ANSWERED = [incoming(), ringing("101", 1), *talk("101", 11, 12), finished(23, direction="inbound")]
LOST = [incoming(), ringing("101", 1), ringing("102", 1), finished(31, talk_time_duration=0)]
TRANSFER = [
    incoming(),
    ringing("101", 1),
    *talk("101", 9, 40),
    ringing("102", 49.2),
    *talk("102", 54, 90),
    finished(144, is_transfer=True, talk_time_duration=130, last_talked_employee_id="102"),
]
OUTGOING = [outgoing("102"), *talk("102", 8, 30, direction="outbound"), finished(39)]
CLICKED = [
    ringing("101", 0, direction="outbound", external_id="req-1"),
    *talk("101", 6, 20, direction="outbound"),
    finished(27, direction="outbound", external_id="req-1"),
]


@pytest.mark.parametrize(
    ("events", "direction", "outcome", "people"),
    [
        pytest.param(ANSWERED, "inbound", "answered", ("101", "101", None), id="answered"),
        pytest.param([*LOST, lost(31.1)], "inbound", "lost", (None,) * 3, id="lost-after-the-end"),
        pytest.param([*LOST, lost(30.9)], "inbound", "lost", (None,) * 3, id="lost-before-the-end"),
        pytest.param(TRANSFER, "inbound", "answered", ("101", "102", None), id="transfer"),
        pytest.param(
            [
                incoming(),
                ringing("101", 1),
                ringing("102", 1),
                ringing("103", 1),
                *talk("102", 9, 5),
            ],
            "inbound",
            "answered",
            ("102", "102", None),
            id="group-ring-still-talking",
        ),
        pytest.param(
            [incoming(), *talk("101", 5, 10), *talk("102", 20, 10), *talk("101", 35, 10)],
            "inbound",
            "answered",
            ("101", "101", None),
            id="back-to-the-first",
        ),
        pytest.param(OUTGOING, "outbound", "answered", ("102",) * 3, id="outgoing-answered"),
        pytest.param(
            [outgoing("102"), finished(30, direction="outbound", employee_id="102")],
            "outbound",
            "failed",
            (None, None, "102"),
            id="outgoing-failed",
        ),
        pytest.param(CLICKED, "outbound", "answered", ("101",) * 3, id="click-to-call-by-legs"),
        pytest.param(
            [ringing("101", 0, direction="outbound"), lost(20)],
            "outbound",
            "failed",
            (None, None, "101"),
            id="lost-of-an-outgoing-call",
        ),
        pytest.param([lost(31)], "inbound", "lost", (None,) * 3, id="only-lost"),
        pytest.param([finished(31)], "inbound", "lost", (None,) * 3, id="only-finished"),
        pytest.param(
            [finished(31, direction="outbound", employee_id="102")],
            "outbound",
            "failed",
            (None, None, "102"),
            id="only-finished-outgoing",
        ),
        pytest.param(
            [finished(31, employee_id="101", talk_time_duration=12)],
            "inbound",
            "answered",
            ("101", "101", None),
            id="only-finished-with-a-talk",
        ),
        pytest.param(
            [finished(31, employee_id="101", is_lost=False)],
            "inbound",
            "answered",
            ("101", "101", None),
            id="not-lost-names-the-talker",
        ),
        pytest.param(
            [finished(31, employee_id="101", is_lost=True, talk_time_duration=9)],
            "inbound",
            "lost",
            (None,) * 3,
            id="lost-although-a-talk-was-timed",
        ),
        pytest.param(
            [event("record_ready", 60, employee_id="101", file_link="https://m/1")],
            None,
            None,
            (None,) * 3,
            id="only-a-recording",
        ),
        pytest.param([incoming()], "inbound", None, (None,) * 3, id="ringing"),
        pytest.param([outgoing()], "outbound", None, (None, None, "102"), id="dialling"),
        pytest.param(
            [event("talk_started", 5, employee_id="101")],
            None,
            "answered",
            ("101", "101", None),
            id="talk-of-unknown-direction",
        ),
        pytest.param([], None, None, (None,) * 3, id="nothing"),
    ],
)
def test_shape_of_call(events, direction, outcome, people):
    call = folded(*events)

    assert (call.direction, call.outcome) == (direction, outcome)
    assert (call.answered_by, call.finished_by, call.caller) == people


def test_a_row_of_the_report_alone_tells_a_whole_call():
    call = folded(report=ROW)

    assert call.call_session_id == "700000101"
    assert (call.direction, call.outcome) == (Direction.OUTBOUND, Outcome.ANSWERED)
    assert (call.answered_by, call.finished_by, call.caller) == ("101", "102", "101")
    assert call.client_phone == Phone("+971501234567", True)
    assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(10), at(60))
    assert (call.wait_seconds, call.talk_seconds, call.total_seconds) == (10, 50, 60)
    assert [talk.employee_id for talk in call.talks] == ["101", "102"]
    assert (call.end_reason, call.external_id) == ("operator_disconnects", "req-1")
    assert call.recordings == (Recording("https://media.example.com/1"),)
    assert (call.tags, call.parameters) == (("vip",), {"utm_source": "google"})


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        pytest.param(CallRow("1", finished_at=at(9), is_lost=True), "lost", id="lost"),
        pytest.param(CallRow("1", finished_at=at(9), is_lost=False), "answered", id="answered"),
        pytest.param(CallRow("1", finished_at=at(9), talk_seconds=4), "answered", id="talked"),
        pytest.param(CallRow("1", finished_at=at(9)), "lost", id="nothing-said"),
        pytest.param(CallRow("1", is_lost=True), None, id="still-going-on"),
        pytest.param(NO_REPORT, None, id="no-row"),
    ],
)
def test_outcome_by_the_report(row, outcome):
    call = folded(incoming(), report=row)

    assert call.outcome == outcome
    assert call.is_ended is (outcome is not None)


def test_a_notification_wins_over_the_report():
    row = CallRow("1", finished_at=at(9), is_lost=True, contact_phone_number="971502222222")

    call = folded(incoming(), finished(9, is_lost=False), report=row)

    assert call.outcome is Outcome.ANSWERED
    assert call.client_phone == Phone("+971501234567", True)


@pytest.mark.parametrize(
    ("sign", "outcome"),
    [
        pytest.param({"talk_time_duration": 0}, "lost", id="no-talk"),
        pytest.param({"talk_time_duration": 1}, "answered", id="talk-duration"),
        pytest.param({"last_talked_employee_id": "101"}, "answered", id="last-talker"),
        pytest.param({"first_talked_employee_email": "x@example.com"}, "answered", id="e-mail"),
        pytest.param({"first_answered_employee_email": "x@example.com"}, "lost", id="picked-up"),
        pytest.param({"is_lost": True, "last_talked_employee_id": "101"}, "lost", id="is-lost"),
        pytest.param({"is_lost": False, "talk_time_duration": 0}, "answered", id="is-not-lost"),
        pytest.param({"is_lost": "maybe", "talk_time_duration": 5}, "answered", id="no-flag"),
        pytest.param({"lost_reason": "operator_answer"}, "lost", id="reason-never-decides"),
    ],
)
def test_outcome_by_what_the_end_says(sign, outcome):
    assert folded(finished(31, **sign)).outcome == outcome


def test_is_lost_decides_against_talk_events():
    call = folded(incoming(), *talk("101", 5, 3), finished(9, is_lost=True))

    assert call.outcome is Outcome.LOST


@pytest.mark.parametrize(
    ("events", "around", "direction"),
    [
        pytest.param([incoming(direction="outbound")], {}, "outbound", id="said-wins-over-event"),
        pytest.param([incoming(), outgoing()], {}, "outbound", id="outgoing-wins-over-incoming"),
        pytest.param(
            [lost(9), finished(8, direction="outbound")], {}, "outbound", id="lost-is-weak"
        ),
        pytest.param([lost(9)], {"clicked_by": "101"}, "outbound", id="our-click"),
        pytest.param(
            [finished(9, direction="inbound")], {"clicked_by": "101"}, "outbound", id="click-as-in"
        ),
        pytest.param([lost(9)], {"report": ROW}, "outbound", id="report-wins-over-lost"),
        pytest.param([ringing("101", 1)], {}, "inbound", id="ringing-employee"),
        pytest.param([ringing("101", 1, direction="in")], {}, "inbound", id="word-of-the-pbx"),
        pytest.param([incoming(direction="sideways")], {}, "inbound", id="unknown-word"),
        pytest.param([incoming(is_internal=True)], {}, "internal", id="internal-flag"),
        pytest.param([incoming(), finished(9, is_internal=True)], {}, "internal", id="late-flag"),
        pytest.param([incoming(is_internal=False)], {}, "inbound", id="not-internal"),
        pytest.param([event("tag_set", 9)], {"is_closed": True}, "inbound", id="never-said"),
    ],
)
def test_direction(events, around, direction):
    assert folded(*events, **around).direction == direction


@pytest.mark.parametrize("number", ["971501234567", "+971 50 123 4567", "0501234567"])
def test_a_call_with_our_own_number_is_internal(number):
    own = frozenset({"+971501234567"})

    call = folded(incoming(contact_phone_number=number), own_numbers=own)

    assert call.direction is Direction.INTERNAL


@pytest.mark.parametrize("number", ["101", "0160002"])
def test_a_call_with_our_own_extension_or_sip_number_is_internal(number):
    call = folded(incoming(contact_phone_number=number), own_numbers=frozenset({"101", "0160002"}))

    assert call.direction is Direction.INTERNAL


def test_no_number_is_none_of_ours():
    call = folded(incoming(contact_phone_number=None), own_numbers=frozenset({"101"}))

    assert call.direction is Direction.INBOUND


@pytest.mark.parametrize(
    ("number", "phone"),
    [
        pytest.param("971501234567", Phone("+971501234567", True), id="international"),
        pytest.param("0501234567", Phone("+971501234567", True), id="national"),
        pytest.param("79161234567", Phone("+79161234567", True), id="abroad"),
        pytest.param("990000123", Phone("990000123", False), id="raw"),
        pytest.param("anonymous", None, id="hidden"),
        pytest.param("10101", None, id="too-short"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_client_phone(number, phone):
    call = folded(incoming(contact_phone_number=number))

    assert (call.client_phone, call.received_phone) == (phone, number)


def test_a_number_may_come_with_a_later_notification():
    call = folded(incoming(contact_phone_number=None), ringing("101", 1))

    assert call.client_phone == Phone("+971501234567", True)


def test_a_call_closed_after_four_hours_is_unknown():
    call = folded(incoming(), *talk("101", 5, 10), is_closed=True)

    assert (call.is_ended, call.outcome) == (True, Outcome.UNKNOWN)
    assert (call.answered_by, call.finished_by) == ("101", None)
    assert call.ended_at == at(15)


def test_an_end_that_comes_after_the_closing_counts():
    call = folded(*ANSWERED, is_closed=True)

    assert (call.outcome, call.finished_by) == (Outcome.ANSWERED, "101")


@pytest.mark.parametrize("kind", ["call_accepted", "leg_finished", "unanswered_message", ""])
def test_events_that_we_do_not_use_change_nothing(kind):
    foreign = event(kind, 99, employee_id="999", is_lost=True, contact_phone_number="97142222222")

    assert folded(*ANSWERED, foreign) == folded(*ANSWERED)


def test_the_later_word_counts():
    call = folded(incoming(external_id="a"), ringing("101", 5, external_id="b"), incoming(3))

    assert call.external_id == "b"


def test_of_two_words_at_one_moment_that_with_the_larger_key_counts():
    one, other = finished(9, lost_reason="a"), finished(9, lost_reason="b")

    call = folded(one, other)

    assert call.end_reason == max((one, other), key=lambda each: each.key).members["lost_reason"]
