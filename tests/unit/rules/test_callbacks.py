from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.callbacks import Dismissal, EndedCall, episodes_of, reached_line
from rules.formats import Regional
from rules.vocabulary import Direction, Outcome
from rules.working_hours import due_at, seconds_between

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
IN, OUT, INSIDE = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL


def minute(number):
    return MORNING + timedelta(minutes=number)


def call(name, at, direction=IN, outcome=Outcome.LOST, **more):
    return EndedCall(name, minute(at), "+971500000055", direction, outcome, **more)


def lost(name, at, **more):
    return call(name, at, **more)


def talk(name, at, direction=IN, began=None, **more):
    began_at = None if began is None else minute(began)
    return call(name, at, direction, Outcome.ANSWERED, talked_at=began_at, **more)


def told(episodes):
    return [(one.calls, one.closed_how, one.closed_at) for one in episodes]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([talk("1", 0)], [], id="a talk alone"),
        pytest.param([lost("1", 0), lost("2", 5)], [(["1", "2"], None, None)], id="misses add up"),
        pytest.param(
            [lost("1", 0), talk("2", 9, OUT, began=7)],
            [(["1"], "outbound", minute(7))],
            id="we reach him: when the talk began",
        ),
        pytest.param(
            [lost("1", 0), talk("2", 9, began=8), lost("3", 20)],
            [(["1"], "inbound", minute(8)), (["3"], None, None)],
            id="the next miss opens the next",
        ),
        pytest.param(
            [lost("1", 5), talk("2", 9, began=1)],
            [(["1"], "inbound", minute(5))],
            id="a talk that went on while he was missed",
        ),
        pytest.param([talk("1", 5), lost("2", 6)], [(["2"], None, None)], id="a talk before it"),
        pytest.param(
            [lost("1", 5), talk("2", 5)], [(["1"], "inbound", minute(5))], id="in one moment"
        ),
        pytest.param(
            [lost("1", 0), call("2", 3, OUT, Outcome.FAILED), call("3", 4, IN, Outcome.UNKNOWN)],
            [(["1"], None, None)],
            id="what is no talk closes nothing",
        ),
        pytest.param([call("1", 0, IN, Outcome.UNKNOWN)], [], id="unknown never opens one"),
        pytest.param(
            [lost("1", 0), call("2", 3, INSIDE, Outcome.ANSWERED)],
            [(["1"], None, None)],
            id="internal calls do not count",
        ),
    ],
)
def test_episodes(calls, expected):
    assert told(episodes_of(calls)) == expected


def test_dismissal_closes_what_is_open_and_a_later_miss_opens_the_next():
    dismissed = Dismissal(minute(10), "Agent One", "wrong number")
    calls = [lost("1", 0), lost("2", 20)]

    assert told(episodes_of(calls, [dismissed])) == [
        (["1"], "dismissed", minute(10)),
        (["2"], None, None),
    ]
    assert told(episodes_of([*calls, talk("3", 5)], [dismissed])) == [
        (["1"], "inbound", minute(5)),
        (["2"], None, None),
    ]


def test_episode_tells_whose_phones_rang_and_the_number_missed_last():
    calls = [lost("1", 0, rung=("101", "102")), lost("2", 1, rung=("103", "101"))]
    (episode,) = episodes_of(calls)

    assert episode.rung == ["101", "102", "103"]
    assert (episode.opened_at, episode.last_missed_at) == (minute(0), minute(1))


some_calls = st.lists(
    st.builds(
        call,
        st.sampled_from("abcdefghij"),
        st.integers(0, 30),
        st.sampled_from(Direction),
        st.sampled_from(Outcome),
    ),
    unique_by=lambda each: each.call_session_id,
)
some_dismissals = st.lists(
    st.builds(Dismissal, st.integers(0, 30).map(minute), st.just("x"), st.just("y")), max_size=3
)


@given(some_calls, some_dismissals, st.randoms())
def test_same_set_of_calls_same_episodes(calls, dismissals, random):
    expected = episodes_of(calls, dismissals)
    again = [*calls, *calls[:3]]
    random.shuffle(again)

    assert episodes_of(again, dismissals[::-1]) == expected


@given(some_calls, some_dismissals)
def test_every_miss_is_promised_once_and_only_the_last_promise_is_open(calls, dismissals):
    episodes = episodes_of(calls, dismissals)
    promised = [name for one in episodes for name in one.calls]

    assert sorted(promised) == sorted(each.call_session_id for each in calls if each.is_miss)
    assert all(one.closed_at and one.closed_at >= one.opened_at for one in episodes[:-1])
    assert [one.opened_at for one in episodes] == sorted({one.opened_at for one in episodes})
    if episodes and episodes[-1].closed_at is None:
        last = episodes[-1].last_missed_at
        assert not any(each.is_talk and each.ended_at >= last for each in calls)


DUBAI = ZoneInfo("Asia/Dubai")
HOURS = {"1": [("09:00", "13:00"), ("14:00", "18:00")], "2": [("09:00", "18:00")]}


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        pytest.param((2, 10, 0), (2, 10, 30), 1800, id="within the hours"),
        pytest.param((2, 12, 50), (2, 14, 10), 1200, id="over the break"),
        pytest.param((2, 17, 59), (3, 9, 1), 120, id="over the night"),
        pytest.param((2, 20, 0), (3, 8, 0), 0, id="only the night"),
        pytest.param((3, 17, 0), (9, 10, 0), 7200, id="over days without hours"),
        pytest.param((2, 10, 0), (2, 9, 30), 0, id="backwards"),
    ],
)
def test_seconds_of_working_time(start, end, seconds):
    begin, until = (datetime(2026, 3, *each, tzinfo=DUBAI) for each in (start, end))

    assert seconds_between(begin, until, HOURS, DUBAI) == seconds
    assert seconds_between(begin, until, None, DUBAI) == max(0, (until - begin).total_seconds())


@given(st.integers(0, 20_000), st.integers(1, 3000))
def test_a_promise_is_due_when_its_working_time_has_passed(began, minutes):
    start = minute(began)
    assert seconds_between(start, due_at(start, minutes, HOURS, DUBAI), HOURS, DUBAI) == (
        minutes * 60
    )


def test_line_of_a_closed_task_is_in_the_offices_language():
    english = Regional("en", DUBAI, "AE")

    line = "The client was reached: Agent Two, 2026-03-02 13:00."
    assert reached_line("Agent Two", MORNING, english) == line
    assert "сотрудник не назван" in reached_line(None, MORNING, Regional("ru", DUBAI, "AE"))
