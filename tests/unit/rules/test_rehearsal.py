"""Calls decided anew: by the settings that decided them nothing differs."""

from __future__ import annotations

from hypothesis import given

from rules.owner import People
from rules.rehearsal import PastCall, Rehearsal, is_internal, made_by, made_of
from rules.verdict import judge
from rules.vocabulary import Contact, Direction, Entity, Outcome
from tests.unit.rules.calls import facts, settings
from tests.unit.rules.examples import CALLS, CLIENTS, PEOPLE, SETTINGS

STAFF = People({"101": "u_1", "102": "u_2"})


def past(row_id, *, contact=Contact.FIRST, actions=("client", "lead"), owner="u_1", **members):
    about = {
        "direction": Direction.INBOUND,
        "phone": "971501234567",
        "outcome": Outcome.ANSWERED,
        "is_ended": True,
        "answered_by": "101",
        **members,
    }
    client = about.pop("client", None)
    task_owner = about.pop("task_owner", None)
    made = made_of([Entity(action) for action in actions], owner, task_owner)
    return PastCall(row_id, facts(**about), contact, made, client)


def rehearsed(*calls, people=STAFF, **sections):
    run = Rehearsal(settings(**sections), people, "AE")
    for call in calls:
        run.take(call)
    return run


def counted(run):
    return {
        str(entity): (run.before[entity], run.after[entity])
        for entity in Entity
        if run.before[entity] or run.after[entity]
    }


@given(CALLS, CLIENTS, SETTINGS)
def test_the_settings_that_decided_change_nothing(call, client, rules):
    verdict = judge([call], client, rules, PEOPLE, "AE")
    contact = verdict.contact.contact if verdict.contact else None
    known = None
    if client and contact is not Contact.FIRST:
        known = {"id": client.id, "responsible_user_id": client.responsible_user_id}
    run = Rehearsal(rules, PEOPLE, "AE")

    run.take(PastCall(1, call, contact, made_by(verdict), known))

    assert run.changes == []
    assert run.before == run.after


def test_more_is_made_and_counted():
    run = rehearsed(past(1), incoming={"first": {"create": "lead_and_deal"}})

    assert counted(run) == {"client": (1, 1), "lead": (1, 1), "deal": (0, 1)}
    assert [change.row_id for change in run.changes] == [1]


def test_another_owner_is_a_change():
    run = rehearsed(
        past(1),
        incoming={"first": {"owner": "from_settings"}},
        responsible={"incoming_user_id": "u_2"},
    )

    (change,) = run.changes
    assert (change.before.owner, change.after.owner) == ("u_1", "u_2")


def test_owner_of_nothing_is_no_change():
    quiet = past(1, contact=Contact.REPEAT, actions=(), owner="u_9", client={"id": "c_1"})

    assert rehearsed(quiet).changes == []


def test_client_who_was_there_counts_as_known():
    known = {"id": "c_1", "responsible_user_id": "u_2"}
    call = past(1, contact=Contact.REPEAT, actions=(), owner=None, client=known)

    run = rehearsed(call, incoming={"repeat": {"create": "deal"}})

    assert counted(run) == {"deal": (0, 1)}


def test_client_whom_these_settings_make_counts_as_known_from_then_on():
    calls = [past(number, actions=(), owner=None) for number in (1, 2, 3)]

    run = rehearsed(*calls, incoming={"repeat": {"create": "deal"}})

    assert counted(run) == {"client": (0, 1), "lead": (0, 1), "deal": (0, 2)}


def test_task_is_compared_by_its_own_owner():
    lost = past(1, outcome=Outcome.LOST, answered_by=None, owner="u_1")

    run = rehearsed(
        lost,
        tasks={"lost_incoming": {"assign": "from_settings"}},
        responsible={"incoming_user_id": "u_1"},
    )

    assert counted(run)["task"] == (0, 1)
    assert run.changes[0].after.task_owner == "u_1"


def test_number_that_is_now_ignored_makes_nothing():
    run = rehearsed(past(1), ignore={"numbers": ["+971 50 123 4567"]})

    assert counted(run) == {"client": (1, 0), "lead": (1, 0)}


def test_ignored_number_of_a_client_is_decided_with_him():
    call = past(1, contact=None, actions=(), owner=None, client={"id": "c_1"})

    assert counted(rehearsed(call, incoming={"repeat": {"create": "deal"}})) == {"deal": (0, 1)}


def test_internal_calls_are_told_apart():
    assert is_internal(facts(direction=Direction.INTERNAL))
    assert not is_internal(facts())
