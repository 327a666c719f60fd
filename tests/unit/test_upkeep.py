from __future__ import annotations

import logging

import pytest
from flask import Flask, current_app

from runtime.process import StopFlag
from runtime.upkeep import Turn


@pytest.fixture
def app():
    app = Flask("sample")
    app.extensions["stopping"] = StopFlag()
    return app


def test_each_task_is_called_at_its_own_pace(app):
    calls = []
    turn = Turn(app, [("a", 1.0, lambda: calls.append("a")), ("b", 3.0, lambda: calls.append("b"))])

    for now in (100.0, 100.5, 101.0, 102.0, 103.0):
        turn.run_due(now)

    assert calls == ["a", "b", "a", "a", "a", "b"]


def test_task_runs_inside_the_application(app):
    names = []

    Turn(app, [("a", 1.0, lambda: names.append(current_app.name))]).run_due(1.0)

    assert names == ["sample"]


def test_broken_task_does_not_keep_the_next_from_running(app, caplog):
    calls = []
    turn = Turn(app, [("bad", 1.0, lambda: 1 / 0), ("good", 1.0, lambda: calls.append(1))])

    with caplog.at_level(logging.ERROR):
        turn.run_due(1.0)
        turn.run_due(2.0)

    assert calls == [1, 1]
    assert "periodic task bad failed" in caplog.text


def test_nothing_new_is_begun_once_asked_to_stop(app):
    calls = []
    first = ("first", 1.0, app.extensions["stopping"].set)

    Turn(app, [first, ("second", 1.0, lambda: calls.append(1))]).run_due(1.0)

    assert calls == []
