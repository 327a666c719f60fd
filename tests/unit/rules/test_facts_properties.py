"""Folding is a function of the set of events, and total."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from clients.notification_members import MEMBERS
from rules.events import Event
from rules.facts import Surroundings, fold
from rules.pbx import CallRow, RowEmployee
from rules.vocabulary import EventKind
from tests.unit.rules.calls import AROUND, ROW, at, event, told_at

EMPLOYEES = st.sampled_from(["101", "102", "103"])
SECONDS = st.integers(0, 20)  # few, so that many events share a moment
TIMES = st.one_of(st.none(), SECONDS.map(told_at), st.just("soon"))
SOMETIMES = {
    "employee_id": EMPLOYEES,
    "employee_email": st.sampled_from(["one@example.com", "no@example.com"]),
    "employee_full_name": st.sampled_from(["One", "Two"]),
    "direction": st.sampled_from(["inbound", "outbound", "sideways"]),
    "contact_phone_number": st.sampled_from(["971501234567", "anonymous", "10101"]),
    "is_lost": st.booleans(),
    "is_transfer": st.booleans(),
    "is_internal": st.booleans(),
    "talk_time_duration": st.integers(0, 15),
    "wait_time_duration": st.integers(0, 15),
    "total_time_duration": st.integers(0, 30),
    "first_talked_employee_email": st.just("one@example.com"),
    "last_talked_employee_id": EMPLOYEES,
    "employee_ids": st.lists(EMPLOYEES, max_size=3),
    "tag_names": st.lists(st.sampled_from("abc"), max_size=2),
    "file_link": st.sampled_from(["https://m/1", "https://m/2"]),
    "file_duration": st.integers(0, 9),
    "external_id": st.sampled_from(["a", "b"]),
    "start_time": SECONDS.map(told_at),
}


@st.composite
def told(draw):
    """A notification as the PBX could send it; what one says another may contradict."""
    names = draw(st.sets(st.sampled_from(sorted(SOMETIMES)), max_size=5))
    members = {name: draw(SOMETIMES[name]) for name in sorted(names)}
    kind = draw(st.sampled_from(list(EventKind)))
    received = draw(SECONDS)
    return event(kind, None, received=received, notification_time=draw(TIMES), **members)


AROUNDS = st.builds(
    Surroundings,
    zone=st.sampled_from([ZoneInfo("Asia/Dubai"), UTC]),
    country=st.sampled_from(["AE", "RU"]),
    own_numbers=st.sampled_from([frozenset(), frozenset({"+971501234567"})]),
    employee_by_email=st.sampled_from([{}, {"one@example.com": "101"}]),
    report=st.sampled_from([None, ROW, CallRow(""), CallRow("1", finished_at=at(5), is_lost=True)]),
    clicked_by=st.sampled_from([None, "103"]),
    is_closed=st.booleans(),
)


@st.composite
def told_again(draw):
    """Events, and the same once more: in another order, some several times, received later."""
    events = draw(st.lists(told(), min_size=1, max_size=7, unique_by=lambda each: each.key))
    repeated = [
        replace(draw(st.sampled_from(events)), received_at=at(99), row_id=99)
        for _ in range(draw(st.integers(0, 6)))
    ]
    return events, draw(st.permutations([*events, *repeated]))


@given(told_again(), AROUNDS)
def test_order_and_repetition_change_nothing(sets, around):
    events, again = sets

    assert fold(again, around) == fold(events, around)


@given(st.lists(told(), max_size=7), AROUNDS)
def test_facts_agree_with_each_other(events, around):
    call = fold(events, around)

    assert call.is_ended == (call.outcome is not None) or call.outcome == "answered"
    assert call.direction is not None or not call.is_ended
    assert call.finished_by is None or call.answered_by is not None
    assert not (call.needs_report and (around.report or call.is_first_known))
    assert call.outcome != "failed" or call.direction == "outbound"
    assert call.outcome != "lost" or call.direction != "outbound"
    assert (call.ended_at is None) or call.is_ended
    assert all(
        seconds is None or seconds >= 0
        for seconds in (call.wait_seconds, call.talk_seconds, call.total_seconds)
    )


@given(st.lists(told(), max_size=5), AROUNDS)
def test_more_of_the_same_call_keeps_who_called_us(events, around):
    before = fold(events, around)
    tag = event("tag_set", 0, contact_phone_number=None, tag_names=["z"])

    after = fold([*events, tag], around)

    assert (before.client_phone, before.caller) == (after.client_phone, after.caller)


ANY_MEMBER = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.text(max_size=5), max_size=3),
    SECONDS.map(told_at),
    st.sampled_from(["0001-01-01", "9999-12-31 23:59", "1e999", "-1", "NaN"]),
)
ANY_EVENT = st.builds(
    Event,
    kind=st.sampled_from([*EventKind, "", "foreign"]),
    key=st.text(max_size=3),
    call_session_id=st.one_of(st.none(), st.text(max_size=5)),
    members=st.dictionaries(st.sampled_from(sorted(MEMBERS)), ANY_MEMBER, max_size=8),
    received_at=st.one_of(st.none(), st.datetimes(), st.datetimes(timezones=st.just(UTC))),
)
ROWS = st.builds(
    CallRow,
    st.text(max_size=3),
    started_at=st.one_of(st.none(), SECONDS.map(at)),
    finished_at=st.one_of(st.none(), SECONDS.map(at)),
    is_lost=st.one_of(st.none(), st.booleans()),
    is_transfer=st.one_of(st.none(), st.booleans()),
    wait_seconds=st.one_of(st.none(), st.integers(0)),
    talk_seconds=st.one_of(st.none(), st.integers(0)),
    first_talked_employee_id=st.one_of(st.none(), EMPLOYEES),
    employees=st.lists(st.builds(RowEmployee, EMPLOYEES, is_talked=st.booleans())).map(tuple),
)


@given(
    st.lists(ANY_EVENT, max_size=6, unique_by=lambda each: each.key),
    st.one_of(st.none(), ROWS),
    st.booleans(),
)
def test_nothing_that_can_be_read_breaks_the_folding(events, report, is_closed):
    call = fold(events, replace(AROUND, report=report, is_closed=is_closed))

    assert call == fold(reversed(events), replace(AROUND, report=report, is_closed=is_closed))
