"""/console/stream: what a page is told, who may listen, and when it ends."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest

from blueprints import console_stream
from models import Card, ConsoleEvent, Login, LoginIntegration, LoginSession, Presence, db
from models.base import from_ms, now_ms
from services import card_rows, console_events, console_hub, presence
from services.console_hub import Hub
from tests.factories import wait_until
from tests.pages import ADMIN, EMPLOYEE, logged_in


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nobody rings in these tests: the hub looks often."""
    monkeypatch.setattr(console_hub, "LOOK_SECONDS", 0.03)


class Stream:
    """An open stream: its events as (id, kind, data); a heartbeat is left out."""

    def __init__(self, client, *, last=None, path="/console/stream"):
        headers = {"Last-Event-ID": str(last)} if last is not None else {}
        self.answer = client.get(path, headers=headers, buffered=False)
        self._pieces = iter(self.answer.response)

    def next(self):
        while True:
            lines = dict(
                line.split(": ", 1)
                for line in next(self._pieces).decode().splitlines()
                if ": " in line
            )
            if "data" in lines:
                return int(lines["id"]), lines["event"], json.loads(lines["data"])

    def close(self):
        self.answer.close()


@pytest.fixture
def listen():
    opened = []

    def open_stream(*args, **options):
        opened.append(Stream(*args, **options))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.close()


def read(query):
    """One value; the session lets go of the database."""
    value = db.session.scalar(query)
    db.session.rollback()
    return value


def now():
    return from_ms(read(db.select(now_ms())))


def seat(state="ringing", *, at):
    return {"state": state, "rang_at": at.isoformat(), "since": at.isoformat(), "name": "Agent One"}


def plant_card(office_id, call_id="1", *, state="ringing", seats=None):
    at = now()
    db.session.add(
        Card(
            integration_id=office_id,
            call_session_id=call_id,
            state=state,
            started_at=at,
            updated_at=at,
            client_phone="+971501234567",
            employees={who: seat(each, at=at) for who, each in (seats or {"101": state}).items()},
        )
    )
    db.session.commit()


def tell(office_id, employee_id, kind="dial", **data):
    with db.engine.begin() as connection:
        console_events.publish(connection, office_id, employee_id, kind, data)


def card_data(version, *, until):
    return {"call": "1", "version": version, "announce_until": until}


def test_stream_begins_with_the_calls_of_this_moment_silently(app, office, employee, listen):
    with app.app_context():
        plant_card(office.id, "1")
        plant_card(office.id, "2", seats={"102": "ringing"})
        plant_card(office.id, "3", state="ended")
        plant_card(office.id, "4", state="talking", seats={"101": "withdrawn", "102": "talking"})
        plant_card(office.strange_id, "5")

    stream = listen(employee)
    _, kind, data = stream.next()

    assert stream.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert kind == "snapshot"
    assert [(each["call"], each["announce"]) for each in data["cards"]] == [("1", False)]
    assert data["cards"][0]["phone_shown"] == "+971 50 123 4567"
    assert data["do_not_disturb"] == {str(office.id): False}


def test_events_reach_those_whom_they_are_for(app, office, employee, listen):
    stream = listen(employee)
    stream.next()
    with app.app_context():
        tell(office.id, "102", text="another's")
        tell(office.strange_id, "101", text="a stranger's")
        tell(office.strange_id, None, text="a stranger's")
        tell(office.id, "101", text="mine")
        tell(office.id, None, kind="callbacks", text="everybody's")

    assert [stream.next()[1:] for _ in range(2)] == [
        ("dial", {"text": "mine"}),
        ("callbacks", {"text": "everybody's"}),
    ]


def test_two_devices_are_told_the_same(app, office, employee, listen):
    streams = [listen(employee), listen(logged_in(app, EMPLOYEE))]
    for stream in streams:
        stream.next()
    with app.app_context():
        tell(office.id, "101", kind="card", **card_data(1, until=None))

    first, second = (stream.next() for stream in streams)

    assert first == second and first[1] == "card"


def test_admin_who_is_no_employee_hears_what_is_for_everybody(app, office, admin, listen):
    stream = listen(admin)
    stream.next()
    with app.app_context():
        tell(office.id, "101", text="another's")
        tell(office.id, None, kind="callbacks", text="everybody's")

    assert stream.next()[1] == "callbacks"


@pytest.mark.parametrize("is_young", [True, False], ids=["young", "old"])
def test_reconnect_brings_the_newest_card_of_a_call_and_announces_no_old_one(
    app, office, employee, listen, is_young
):
    with app.app_context():
        tell(office.id, "101", text="seen")
        last = read(db.select(db.func.max(ConsoleEvent.id)))
        until = int(now().timestamp() * 1000) + (30_000 if is_young else -1)
        for version in range(1, 40):
            tell(office.id, "101", kind="card", **card_data(version, until=until))
        tell(office.id, "102", kind="card", **card_data(99, until=until))
        tell(office.id, "101", text="after")

    stream = listen(employee, last=last)
    told = [stream.next() for _ in range(3)]

    assert [kind for _, kind, _ in told] == ["dial", "card", "dial"]
    card = told[1][2]
    assert (card["version"], card["announce"]) == (39, is_young)


def test_who_missed_too_much_gets_a_snapshot(app, office, employee, listen):
    with app.app_context():
        tell(office.id, "101", text="kept")

    for last in ("999999", "x", "-1", "9" * 30):
        assert listen(employee, path=f"/console/stream?last={last}").next()[1] == "snapshot"


def test_after_the_forgetting_a_snapshot_tells_how_things_stand(app, office, employee, listen):
    with app.app_context():
        tell(office.id, "101", text="old")
        last = read(db.select(db.func.max(ConsoleEvent.id)))
        db.session.execute(db.update(ConsoleEvent).values(at=now() - timedelta(minutes=11)))
        db.session.commit()
        tell(office.id, "101", text="kept")
        with db.engine.begin() as connection:
            assert console_events.purge(connection) == 1

    assert listen(employee, last=last).next()[1] == "snapshot"


def test_strangers_hear_nothing(visitor):
    answer = visitor.get("/console/stream")

    assert answer.status_code == 401
    assert not answer.data.startswith(b"retry")


@pytest.mark.parametrize("end", ["session", "login", "integration"])
def test_stream_ends_with_the_right_to_it(app, office, employee, listen, monkeypatch, end):
    monkeypatch.setattr(console_hub, "CHECK_SECONDS", 0.03)
    stream = listen(employee)
    stream.next()
    with app.app_context():
        if end == "session":
            db.session.execute(db.update(LoginSession).values(ended_at=now()))
        elif end == "integration":
            db.session.execute(db.delete(LoginIntegration))
        else:
            mine = Login.email == EMPLOYEE
            db.session.execute(db.update(Login).where(mine).values(disabled_at=now()))
        db.session.commit()

    with pytest.raises(StopIteration):
        stream.next()


def test_open_console_keeps_its_session_awake(app, office, employee, listen, monkeypatch):
    monkeypatch.setattr(console_hub, "CHECK_SECONDS", 0.03)
    listen(employee).next()
    with app.app_context():
        old = now() - timedelta(minutes=20)
        db.session.execute(db.update(LoginSession).values(seen_at=old))
        db.session.commit()

        wait_until(lambda: _session_seen_at() > old)
        assert now() - _session_seen_at() < timedelta(minutes=5)


def test_stream_ends_after_a_while_so_that_rights_are_read_anew(employee, listen, monkeypatch):
    monkeypatch.setattr(console_stream, "STREAM_SECONDS", 0.0)
    stream = listen(employee)
    stream.next()

    with pytest.raises(StopIteration):
        stream.next()


def test_streams_end_when_the_server_stops(app, office, employee, listen):
    stream = listen(employee)
    stream.next()
    app.extensions["stopping"] = Stopping()

    with pytest.raises(StopIteration):
        stream.next()


def test_beyond_the_room_for_consoles_the_page_is_told_when_to_come_again(app, office, employee):
    with app.app_context():
        app.extensions["console_hub"] = Hub(db.engine, None, room=0, is_stopping=lambda: False)

    answer = employee.get("/console/stream")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "20")


def test_open_stream_holds_no_connection_and_a_closed_one_no_room(app, office, employee, listen):
    stream = listen(employee)
    stream.next()
    hub = app.extensions["console_hub"]
    with app.app_context():
        wait_until(lambda: db.engine.pool.checkedout() == 0)
        assert hub.count == 1
        stream.close()
        assert hub.count == 0


def test_browser_that_hung_up_leaves_its_room_at_once(app, office, employee, listen):
    ours, theirs = socket.socketpair()
    path = "/console/stream"
    answer = employee.get(path, environ_overrides={"gunicorn.socket": ours}, buffered=False)
    hub = app.extensions["console_hub"]
    assert hub.count == 1 and not console_stream.has_hung_up(ours)

    theirs.close()

    wait_until(lambda: hub.count == 0)
    assert list(answer.response)[-1].startswith(b"id:")  # the snapshot, and then the end
    ours.close()
    assert console_stream.has_hung_up(ours)


# Presence


def test_open_console_makes_its_person_present(app, office, employee, admin, listen):
    listen(employee).next()
    listen(admin).next()
    with app.app_context():

        def names():
            found = presence.who_is_there(db.engine, office.id)
            return [(each.name, each.employee_id) for each in found]

        wait_until(lambda: len(names()) == 2)
        assert names() == [(ADMIN, None), (EMPLOYEE, "101")]
        assert presence.who_is_there(db.engine, office.strange_id) == []


def test_person_is_gone_some_time_after_the_last_console(app, office):
    with app.app_context():
        login_id = _login_id()
        with db.engine.begin() as connection:
            presence.mark_seen(connection, [(login_id, office.id)])
        assert len(presence.who_is_there(db.engine, office.id)) == 1
        db.session.execute(db.update(Presence).values(seen_at=now() - timedelta(seconds=46)))
        db.session.commit()

        assert presence.who_is_there(db.engine, office.id) == []


def test_do_not_disturb_is_kept_and_told_to_the_other_consoles(app, office, employee, listen):
    stream = listen(employee)
    stream.next()
    with app.app_context():
        presence.set_do_not_disturb(db.engine, _login_id(), office.id, on=True, employee_id="101")
        wait_until(lambda: presence.who_is_there(db.engine, office.id))
        assert presence.who_is_there(db.engine, office.id)[0].do_not_disturb

    data = {"integration": office.id, "do_not_disturb": True}
    assert stream.next()[1:] == ("presence", data)
    assert listen(employee).next()[2]["do_not_disturb"] == {str(office.id): True}


def test_old_cards_and_presences_are_forgotten(app, office):
    with app.app_context():
        plant_card(office.id, "1")
        plant_card(office.id, "2")
        login_id = _login_id()
        with db.engine.begin() as connection:
            presence.mark_seen(connection, [(login_id, office.id)])
        long_ago = now() - timedelta(days=40)
        old = Card.call_session_id == "1"
        db.session.execute(db.update(Card).where(old).values(started_at=long_ago))
        db.session.execute(db.update(Presence).values(seen_at=long_ago))
        db.session.commit()

        with db.engine.begin() as connection:
            assert (card_rows.purge(connection), presence.purge(connection)) == (1, 1)


class Stopping:
    def is_set(self):
        return True


def _login_id():
    return read(db.select(Login.id).filter_by(email=EMPLOYEE))


def _session_seen_at():
    return read(db.select(db.func.max(LoginSession.seen_at)))
