"""Leases of call sessions and of contacts: who gets what, and who has lost it."""

from __future__ import annotations

import pytest

from models import CallSession, ContactLock
from services import claims
from tests.integration.ledger_rows import Rows


@pytest.fixture
def rows(tmp_path):
    made = Rows(tmp_path / "claims.db")
    yield made
    made.engine.dispose()


def claim(rows, limit=10, held=None, token="mine", **options):
    with rows.engine.begin() as connection:
        found = claims.claim(connection, token, limit=limit, held=held or {}, **options)
    return [row.id for row in found]


@pytest.mark.parametrize(
    ("columns", "is_taken"),
    [
        pytest.param({}, True, id="due"),
        pytest.param({"next_at": 60}, False, id="due-later"),
        pytest.param({"next_at": None}, False, id="never-due"),
        pytest.param({"lease": "other", "leased_until": 5}, False, id="leased"),
        pytest.param({"lease": "other", "leased_until": -1}, True, id="lease-ran-out"),
        pytest.param({"suspicion": claims.ALONE_FROM - 1}, True, id="hardly-suspect"),
        pytest.param({"suspicion": claims.ALONE_FROM}, False, id="suspect"),
    ],
)
def test_what_is_due_and_free_is_taken(rows, columns, is_taken):
    call = rows.call(**columns)

    assert claim(rows) == ([call] if is_taken else [])


def test_lease_is_written_down_for_ten_seconds(rows):
    call = rows.call()

    claim(rows, token="mine")

    taken = rows.get(CallSession, call)
    assert (taken.lease_token, taken.suspicion) == ("mine", 0)
    assert 9 < rows.seconds_left(taken.leased_until) < 30
    assert claim(rows, token="another") == []


def test_lease_that_ended_without_a_word_is_a_suspicion(rows):
    call = rows.call(lease="dead", leased_until=-1, suspicion=1)

    claim(rows)

    assert rows.get(CallSession, call).suspicion == 2


def test_suspects_are_worked_on_one_at_a_time_and_alone(rows):
    suspects = [rows.call(next_at=-5, suspicion=3), rows.call(next_at=-9, suspicion=7)]
    rows.call()

    assert claim(rows, alone=True) == [suspects[1]]
    assert claim(rows, alone=True) == [suspects[0]]


@pytest.mark.parametrize(
    ("breaker", "columns", "is_taken"),
    [
        pytest.param("open", {"events_version": 2, "folded_version": 2}, False, id="open"),
        pytest.param("open", {"events_version": 2, "folded_version": 1}, True, id="open-news"),
        pytest.param("new", {"events_version": 1, "folded_version": 1}, False, id="new"),
        pytest.param("closed", {"events_version": 2, "folded_version": 2}, True, id="closed"),
    ],
)
def test_while_the_crm_is_away_only_news_are_folded(rows, breaker, columns, is_taken):
    rows.integration = rows.office(breaker=breaker)
    call = rows.call(**columns)

    assert claim(rows) == ([call] if is_taken else [])


def test_deleted_integration_has_no_work(rows):
    rows.integration = rows.office(deleted=True)
    rows.call()

    assert claim(rows) == []


def test_longest_due_are_taken_first_and_told_in_the_order_of_their_start(rows):
    late = rows.call(next_at=-9, started_at=5)
    early = rows.call(next_at=-8, started_at=1)
    rows.call(next_at=-7, started_at=0)

    assert claim(rows, limit=2) == [early, late]


@pytest.mark.parametrize(
    ("held", "taken"),
    [
        pytest.param(0, 4, id="nothing-held"),
        pytest.param(3, 1, id="one-left"),
        pytest.param(4, 0, id="full"),
        pytest.param(9, 0, id="more-than-full"),
    ],
)
def test_account_gets_no_more_than_its_pace_can_use(rows, held, taken):
    rows.integration = rows.office(in_flight=2)
    for _ in range(6):
        rows.call()

    assert len(claim(rows, held={rows.account: held})) == taken


def test_busy_account_does_not_hold_up_the_others(rows):
    rows.integration = rows.office(in_flight=1)
    busy = rows.account
    for _ in range(8):
        rows.call(next_at=-60)
    rows.integration = rows.office()
    other = rows.call(next_at=-1)

    assert claim(rows, limit=4, held={busy: 2}) == [other]


def test_nothing_due_is_nothing_taken(rows):
    assert claim(rows) == []


# What only the report told of


def test_call_of_the_report_gets_what_the_others_leave(rows):
    old = [rows.call(next_at=-90, from_report=True) for _ in range(3)]
    new = rows.call(next_at=-1)

    assert sorted(claim(rows, limit=2)) == sorted([new, old[0]])


def test_calls_of_the_report_never_take_all_of_an_account(rows):
    rows.integration = rows.office(in_flight=2)
    for _ in range(6):
        rows.call(from_report=True)

    assert len(claim(rows)) == 2


def test_calls_taken_in_the_same_round_count_for_the_account(rows):
    rows.integration = rows.office(in_flight=2)
    new = rows.call()
    for _ in range(6):
        rows.call(from_report=True)

    taken = claim(rows)

    assert new in taken
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("earlier", "is_taken"),
    [
        pytest.param({}, False, id="undecided"),
        pytest.param({"state": "written"}, True, id="over"),
        pytest.param({"from_report": False}, True, id="told-by-notifications"),
        pytest.param({"client_phone": "971500000099"}, True, id="another-number"),
        pytest.param({"started_at": 50}, True, id="began-later"),
        pytest.param({"started_at": 9}, False, id="began-at-once"),
    ],
)
def test_of_two_calls_of_a_number_the_earlier_is_decided_first(rows, earlier, is_taken):
    about = {"from_report": True, "client_phone": "971500000055", "started_at": 9}
    # The other one is not due: what matters is whether this one waits for it.
    rows.call(**about | {"next_at": 60, "started_at": 1} | earlier)
    call = rows.call(**about)

    assert claim(rows) == ([call] if is_taken else [])


def test_decided_call_holds_nobody_up(rows):
    about = {"from_report": True, "client_phone": "971500000055"}
    rows.decision(rows.call(**about, next_at=60, started_at=1))
    call = rows.call(**about, started_at=9)

    assert claim(rows) == [call]


# Whose they are


def test_only_sessions_whose_lease_is_ours_are_ours(rows):
    mine, theirs = rows.call(lease="mine"), rows.call(lease="theirs")
    free, not_asked = rows.call(), rows.call(lease="mine")

    with rows.engine.begin() as connection:
        assert claims.still_mine(connection, "mine", [mine, theirs, free]) == {mine}
        assert claims.still_mine(connection, "mine", []) == set()
    assert not_asked


def test_renewal_pushes_our_leases_on_and_nobody_else_s(rows):
    mine = rows.call(lease="mine", leased_until=1)
    theirs = rows.call(lease="theirs", leased_until=1)
    not_named = rows.call(lease="mine", leased_until=1)
    rows.contact_lock("ours", "mine", 1)
    rows.contact_lock("foreign", "theirs", 1)

    with rows.engine.begin() as connection:
        claims.renew(connection, "mine", [mine, theirs])

    left = {c.id: rows.seconds_left(c.leased_until) > 5 for c in rows.all(CallSession)}
    assert left == {mine: True, theirs: False, not_named: False}
    locks = {each.key: rows.seconds_left(each.leased_until) > 5 for each in rows.all(ContactLock)}
    assert locks == {"ours": True, "foreign": False}


# Contacts


def take(rows, *keys, token="mine"):
    with rows.engine.begin() as connection:
        return claims.lock(connection, token, keys)


@pytest.mark.parametrize(
    ("holder", "leased_until", "is_taken"),
    [
        pytest.param(None, None, True, id="free"),
        pytest.param("other", 5, False, id="held"),
        pytest.param("other", -1, True, id="ran-out"),
        pytest.param("mine", 5, True, id="ours-already"),
    ],
)
def test_contact_is_held_by_one_worker(rows, holder, leased_until, is_taken):
    if holder:
        rows.contact_lock("c", holder, leased_until)

    assert take(rows, "c") == ({"c"} if is_taken else set())

    (lock,) = rows.all(ContactLock)
    assert lock.token == ("mine" if is_taken else "other")
    assert not is_taken or rows.seconds_left(lock.leased_until) > 9


def test_several_contacts_are_taken_at_once_each_for_itself(rows):
    rows.contact_lock("b", "other", 5)

    assert take(rows, "a", "b", "c", "a") == {"a", "c"}
    assert take(rows) == set()


def test_only_our_contacts_are_given_back(rows):
    for key, token in (("a", "mine"), ("b", "theirs"), ("c", "mine")):
        rows.contact_lock(key, token, 5)

    with rows.engine.begin() as connection:
        claims.unlock(connection, "mine", ["a", "b"])
        claims.unlock(connection, "mine", [])

    assert sorted(each.key for each in rows.all(ContactLock)) == ["b", "c"]


def test_contact_whose_lease_another_took_is_no_longer_ours(rows):
    rows.contact_lock("a", "mine", 5)
    rows.contact_lock("b", "theirs", 5)

    with rows.engine.begin() as connection:
        assert claims.locks_still_mine(connection, "mine", {"a", "b", "c"}) == {"a"}
        assert claims.locks_still_mine(connection, "mine", set()) == set()
