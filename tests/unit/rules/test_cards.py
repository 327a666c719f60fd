"""Folding the events of a call into its card."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from rules.cards import (
    CardState,
    SeatState,
    announced_until,
    fold_card,
    is_stale,
    news_for_crm,
    seat_of_json,
    seats_as_json,
)
from rules.events import Event
from rules.material import Surroundings

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
AROUND = Surroundings(zone=UTC, country="AE", own_numbers=frozenset({"97140000001"}))
RINGING, TALKING = SeatState.RINGING, SeatState.TALKING
WITHDRAWN, ENDED = SeatState.WITHDRAWN, SeatState.ENDED


def at(seconds):
    return START + timedelta(seconds=seconds)


def told(kind, seconds, who=None, *, received=None, **members):
    moment = at(seconds)
    given = {"notification_time": moment.replace(tzinfo=None).isoformat(" ", "milliseconds")}
    given |= {"contact_phone_number": "971501234567", "direction": "in"}
    given |= {"employee_id": who} if who else {}
    key = f"{kind}-{seconds}-{who}"
    return Event(kind, key, "1", given | members, received_at=received or moment)


def rings(seconds, who, **members):
    return told("waiting_answer", seconds, who, **members)


def talks(seconds, who):
    return told("talk_started", seconds, who)


def stops(seconds, who):
    return told("talk_finished", seconds, who, talk_time_duration=5)


def ends(seconds, **members):
    return told("call_finished", seconds, total_time_duration=30, **members)


TRANSFER = (
    told("incoming_call", 0),
    rings(1, "101"),
    rings(1.5, "102"),
    talks(5, "101"),
    rings(60, "103"),
    stops(70, "101"),
    talks(70, "103"),
    stops(90, "103"),
    ends(90, talk_time_duration=85, last_talked_employee_id="103", is_transfer=True),
)


def states(card):
    return {who: seat.state for who, seat in card.seats.items()}


def fold(*events, **around):
    return fold_card(events, Surroundings(**{**vars(AROUND), **around}))


def test_card_rings_for_those_whose_phones_ring():
    card = fold(told("incoming_call", 0), rings(1, "101"), rings(2, "102"))

    assert card.state is CardState.RINGING
    assert states(card) == {"101": RINGING, "102": RINGING}
    assert card.phone.value == "+971501234567"
    assert (card.started_at, card.seats["102"].rang_at) == (START, at(2))


def test_answer_withdraws_the_card_from_the_others():
    card = fold(rings(1, "101"), rings(2, "102"), talks(8, "102"))

    assert (card.state, card.talking_since) == (CardState.TALKING, at(8))
    assert states(card) == {"101": WITHDRAWN, "102": TALKING}


def test_transfer_rings_at_the_next_while_the_first_talks():
    assert states(fold(*TRANSFER[:5])) == {"101": TALKING, "102": WITHDRAWN, "103": RINGING}
    assert states(fold(*TRANSFER[:7])) == {"101": ENDED, "102": WITHDRAWN, "103": TALKING}

    card = fold(*TRANSFER)

    assert card.state is CardState.ENDED
    assert states(card) == {"101": ENDED, "102": WITHDRAWN, "103": ENDED}
    assert announced_until(fold(*TRANSFER[:5]).seats["103"]) == at(120)  # his own ring is young


def test_lost_call_ends_for_all_whose_phones_rang():
    card = fold(rings(1, "101"), rings(2, "102"), told("lost_call", 30, employee_ids=["101"]))

    assert (card.state, card.ended_at) == (CardState.LOST, at(30))
    assert set(states(card).values()) == {ENDED}


def test_end_of_an_answered_call_withdraws_phones_that_still_ring():
    card = fold(rings(1, "101"), ends(30, talk_time_duration=20, last_talked_employee_id="102"))

    assert (card.state, states(card)) == (CardState.ENDED, {"101": WITHDRAWN})


@pytest.mark.parametrize("seed", range(12))
def test_order_and_repetition_of_events_make_no_difference(seed):
    shuffled = [*TRANSFER, *TRANSFER[::2]]
    random.Random(seed).shuffle(shuffled)

    for count in (len(TRANSFER), 6):
        kept = {each.key for each in TRANSFER[:count]}
        part = [each for each in shuffled if each.key in kept]
        assert fold(*part) == fold(*TRANSFER[:count])


@pytest.mark.parametrize(
    "events",
    [
        [],
        [told("incoming_call", 0)],
        [rings(1, "101", direction="out")],
        [rings(1, "101", is_internal=True)],
        [rings(1, "101", contact_phone_number="97140000001")],
        [rings(1, None)],
    ],
    ids=["nothing", "no phone", "outgoing", "internal", "own number", "nobody"],
)
def test_no_card(events):
    assert fold(*events) is None


@pytest.mark.parametrize("number", ["", "anonymous", "12", None])
def test_hidden_or_malformed_number_is_none(number):
    members = {"contact_phone_number": number}
    members = {name: value for name, value in members.items() if value is not None}
    event = rings(1, "101", **members)
    if number is None:
        event.members.pop("contact_phone_number")

    assert fold(event).phone is None


def test_ring_is_as_old_as_the_pbx_says_and_never_younger_than_its_arrival():
    late = fold(rings(0, "101", received=at(300))).seats["101"]
    ahead = fold(rings(50, "101", received=at(10))).seats["101"]

    assert (announced_until(late), announced_until(ahead)) == (at(60), at(70))
    assert announced_until(fold(rings(1, "101"), talks(2, "101")).seats["101"]) is None


def test_call_without_an_end_is_closed():
    card = fold(rings(1, "101"), talks(5, "101"), is_closed=True)

    assert (card.state, states(card)) == (CardState.ENDED, {"101": ENDED})
    assert is_stale("ringing", at(0), at(601)) and not is_stale("ringing", at(0), at(599))
    assert not is_stale("talking", at(0), at(3600)) and not is_stale("ended", at(0), at(99999))


def test_crm_is_told_each_thing_once_and_nothing_old():
    ringing, over = fold(*TRANSFER[:3]), fold(*TRANSFER)

    assert news_for_crm(ringing, (), at(3)) == {"ringing": ["101", "102"]}
    assert news_for_crm(ringing, {"ringing": "done"}, at(3)) == {}
    assert news_for_crm(ringing, (), at(100)) == {}
    assert news_for_crm(over, {"ringing": "sent", "answered": "sent"}, at(91)) == {
        "ended": ["101", "103"]
    }
    lost = fold(rings(1, "101"), told("lost_call", 30))
    assert news_for_crm(lost, {"ringing": "x"}, at(31)) == {"missed": ["101"]}


def test_seats_survive_being_stored():
    seats = fold(*TRANSFER).seats

    assert {who: seat_of_json(each) for who, each in seats_as_json(seats).items()} == seats
