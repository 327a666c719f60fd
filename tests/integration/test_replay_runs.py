"""A replay of many calls in the background, a few at a time, whoever is killed on the way."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession
from rules.journal_states import AS_DECIDED, TODAY
from services import replay_runs
from services.find_notifications import JournalFilter
from tests.notifications import answered_call

LEAD_AND_DEAL = {"incoming": {"first": {"create": "lead_and_deal"}, "repeat": {"create": "lead"}}}
EVERYTHING = JournalFilter(days=0)


def make_calls(server, count):
    for number in range(count):
        phone = f"9715000077{number:02}"
        server.notify(*answered_call(str(number), contact_phone_number=phone))
    server.drain()


def start(server, mode, wanted=EVERYTHING):
    with Session(server.engine) as session:
        return replay_runs.start(session, server.id, wanted, mode, author="admin@example.com").id


def find(server, run_id):
    with Session(server.engine) as session:
        run = replay_runs.find_run(session, server.id, run_id)
        return run.state, run.done, replay_runs.count_unfinished(session, run)


def test_run_goes_on_a_few_at_a_time_and_makes_nothing_twice(any_server, monkeypatch):
    monkeypatch.setattr(replay_runs, "AT_ONCE", 2)
    make_calls(any_server, 3)
    any_server.publish(**LEAD_AND_DEAL)

    run_id = start(any_server, TODAY)
    assert start(any_server, TODAY) == run_id
    assert replay_runs.take_steps(any_server.engine) == 2
    assert replay_runs.take_steps(any_server.engine) == 0  # two are due, there is no more room
    assert find(any_server, run_id) == ("running", 2, 2)
    any_server.drain()
    threads = [
        threading.Thread(target=replay_runs.take_steps, args=(any_server.engine,)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    any_server.drain()

    assert find(any_server, run_id) == ("finished", 3, 0)
    assert any_server.audit() == {"clients": 3, "leads": 3, "deals": 3, "calls": 3}
    with Session(any_server.engine) as session:
        assert set(session.scalars(select(CallSession.decision_number))) == {2}


def test_step_that_dies_has_done_nothing(server, monkeypatch):
    make_calls(server, 2)
    run_id = start(server, TODAY)

    def die(*args, **more):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(replay_runs, "_is_over", die)
        with pytest.raises(RuntimeError):
            replay_runs.take_steps(server.engine)

    assert find(server, run_id) == ("running", 0, 0)
    assert server.row("0").decision_number == 1
    assert replay_runs.take_steps(server.engine) == 2


def test_run_as_decided_takes_failed_calls_only(server):
    server.fault("validation_refused", "create_lead", count=3)
    server.notify(*answered_call("bad"))
    server.settle()
    make_calls(server, 1)

    run_id = start(server, AS_DECIDED)
    replay_runs.take_steps(server.engine)
    server.drain()

    assert find(server, run_id) == ("finished", 1, 0)
    assert server.state("bad") == ("written", None)
    assert server.row("0").decision_number == server.row("bad").decision_number == 1
