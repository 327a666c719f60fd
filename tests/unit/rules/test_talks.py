from __future__ import annotations

import pytest

from rules.facts import NO_REPORT
from tests.unit.rules.calls import (
    ROW,
    at,
    event,
    finished,
    folded,
    incoming,
    outgoing,
    ringing,
    talk,
)

CLICKED = [
    ringing("101", 0, direction="outbound", external_id="req-1"),
    *talk("101", 6, 20, direction="outbound"),
    finished(27, direction="outbound", external_id="req-1"),
]
MAILS = {"one@example.com": "101", "two@example.com": "102"}


@pytest.mark.parametrize(
    ("events", "people"),
    [
        pytest.param(
            [finished(9, first_talked_employee_email="ONE@example.com ", is_lost=False)],
            ("101", None),
            id="first-by-e-mail",
        ),
        pytest.param(
            [finished(9, last_talked_employee_email="two@example.com")],
            ("102", "102"),
            id="last-by-e-mail",
        ),
        pytest.param(
            [*talk("103", 1, 5), finished(9, first_talked_employee_email="no@example.com")],
            ("103", "103"),
            id="unknown-e-mail",
        ),
        pytest.param(
            [event("talk_started", 1, employee_email="two@example.com")],
            ("102", "102"),
            id="talk-event-by-e-mail",
        ),
        pytest.param(
            [*talk("103", 1, 5), finished(9, first_talked_employee_id="101")],
            ("101", "103"),
            id="first-told-wins-over-talks",
        ),
        pytest.param(
            [*talk("103", 1, 5), finished(9, last_talked_employee_id="102")],
            ("103", "102"),
            id="last-told-wins-over-talks",
        ),
        pytest.param(
            [event("talk_started", 1), finished(9, employee_id="101")],
            ("101", "101"),
            id="talk-without-a-name",
        ),
        pytest.param(
            [*talk("101", 0, 10), event("talk_started", 10, employee_id="100")],
            ("101", "100"),
            id="taken-over-in-the-same-moment",
        ),
        pytest.param([*talk("101", 0, 90), *talk("102", 20, 30)], ("101", "101"), id="conference"),
        pytest.param(
            [
                event("talk_finished", 40, employee_id="101", talk_time_duration=35),
                event("talk_started", 8, employee_id="102"),
            ],
            ("101", "101"),
            id="the-start-of-a-talk-is-counted-back-from-its-end",
        ),
    ],
)
def test_who_talked(events, people):
    call = folded(incoming(), *events, employee_by_email=MAILS)

    assert (call.answered_by, call.finished_by) == people


LATE_TRANSFER = [incoming(), finished(60, is_transfer=True, last_talked_employee_id="102")]


@pytest.mark.parametrize(
    ("events", "around", "answered_by", "needs_report"),
    [
        pytest.param(LATE_TRANSFER, {}, "102", True, id="not-told"),
        pytest.param(LATE_TRANSFER, {"report": ROW}, "101", False, id="the-report-knows"),
        pytest.param(LATE_TRANSFER, {"report": NO_REPORT}, "102", False, id="no-row"),
        pytest.param([*talk("101", 9, 40), *LATE_TRANSFER], {}, "101", False, id="told-by-a-talk"),
        pytest.param(
            [incoming(), finished(9, is_transfer=True, is_lost=True)], {}, None, False, id="lost"
        ),
        pytest.param(
            [incoming(is_transfer=True), event("talk_started", 5)],
            {"is_closed": True},
            None,
            False,
            id="closed-after-four-hours",
        ),
    ],
)
def test_first_talker_of_a_transfer(events, around, answered_by, needs_report):
    call = folded(*events, **around)

    assert (call.answered_by, call.needs_report) == (answered_by, needs_report)


@pytest.mark.parametrize(
    ("events", "around", "caller"),
    [
        pytest.param([*CLICKED, outgoing("103", 1)], {"clicked_by": "104"}, "103", id="event"),
        pytest.param(CLICKED, {"clicked_by": "104"}, "104", id="our-click"),
        pytest.param(CLICKED, {"report": ROW}, "101", id="first-leg"),
        pytest.param(
            [ringing("101", 1, direction="IN"), ringing("102", 2, direction="Out")],
            {},
            "102",
            id="first-leg-going-out",
        ),
        pytest.param(
            [*talk("103", 5, 5), finished(11, direction="outbound")], {}, "103", id="silent-leg"
        ),
        pytest.param([], {"report": ROW}, "101", id="first-in-the-report"),
        pytest.param(
            [finished(9, direction="outbound", employee_id="103", is_transfer=True)],
            {},
            None,
            id="not-the-last-talker-of-a-transfer",
        ),
        pytest.param(
            [incoming(), *talk("101", 5, 5, direction="inbound")], {}, None, id="incoming"
        ),
        pytest.param(
            [event("outgoing_call", employee_email="two@example.com")],
            {"employee_by_email": MAILS},
            "102",
            id="by-e-mail",
        ),
        pytest.param([event("outgoing_call")], {}, None, id="nobody-named"),
    ],
)
def test_caller(events, around, caller):
    assert folded(*events, **around).caller == caller


TWICE = [
    *talk("101", 5.4, 40),
    event("talk_finished", 45.5, employee_id="101", talk_time_duration=41),
]


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        pytest.param([*talk("101", 5, 40), *talk("102", 50, 90)], {"101": 40, "102": 90}, id="two"),
        pytest.param([*talk("101", 5, 40), *talk("101", 60, 9)], {"101": 49}, id="two-of-one"),
        pytest.param(TWICE, {"101": 41}, id="one-talk-told-twice"),
        pytest.param(
            [*talk("101", 5.4, 9.6), *talk("101", 15, 9.6)], {"101": 20}, id="one-after-the-other"
        ),
        pytest.param([event("talk_started", 5, employee_id="101")], {"101": None}, id="no-length"),
        pytest.param([*talk("101", 5, 4), event("talk_started", 9)], {"101": 4}, id="nameless"),
        pytest.param(
            [finished(30, last_talked_employee_id="101", talk_time_duration=20)],
            {"101": 20},
            id="named-by-the-end",
        ),
        pytest.param(
            [*talk("102", 20, 9), finished(30, first_talked_employee_id="101")],
            {"101": None, "102": 9},
            id="first-talk-not-told",
        ),
        pytest.param(
            [*talk("101", 5, 4), finished(30, last_talked_employee_id="102")],
            {"101": 4, "102": None},
            id="last-talk-not-told",
        ),
    ],
)
def test_everybody_who_talked_and_how_long(events, seconds):
    call = folded(incoming(), *events)

    assert {talk.employee_id: talk.seconds for talk in call.talks} == seconds
    assert [talk.employee_id for talk in call.talks] == list(seconds)


def test_a_talk_starts_when_its_start_was_told():
    call = folded(incoming(), *talk("101", 11.4, 11.6))

    assert call.answered_at == at(11.4)
