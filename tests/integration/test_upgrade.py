"""From a database of each released version, with calls half-way through, to this one."""

from __future__ import annotations

import flask_migrate
import pytest
from sqlalchemy import text

from models import db
from runtime import migrate
from runtime.__main__ import _look_at_database
from services.create_login import create_login
from tests.notifications import answered_call, hung_up, lost_call, record, ringing, talking
from tests.pages import logged_in

# The last migration of each released version.
RELEASED = ("0001", "0002", "0003")
ADMIN = "upgrade@example.com"


def config_of(server):
    return server.app.extensions["config"]


def fill(server):
    """Calls in every state: written, in progress, refused, unclear, not yet taken in."""
    server.notify(*answered_call("1"), *lost_call("2", contact_phone_number="971500000066"))
    server.drain()
    server.notify(*talking("3", contact_phone_number="971500000077"))
    server.drain()
    server.fault("error_500_before", "create_lead")
    server.notify(*answered_call("4", contact_phone_number="971500000088"))
    server.drain()
    server.heal()
    server.notify(*ringing("5", contact_phone_number="971500000099"))


def leave_as(server, revision):
    """The database as the release with this schema would have left it."""
    with server.app.app_context():
        flask_migrate.downgrade(str(migrate.FOLDER), revision=revision)
        db.session.remove()
    server.engine.dispose()


def go_on(server):
    server.notify(
        *hung_up("3", contact_phone_number="971500000077"),
        record("1"),
        *answered_call("6", contact_phone_number="971500000011"),
    )
    server.settle()


def shown(server):
    with server.app.app_context():
        create_login(db.session(), ADMIN, "admin", "a good long password")
    client, home = logged_in(server.app, ADMIN), f"/integrations/{server.id}"
    paths = ("/calls", "/journal", "/people", "/setup/auth", "/setup/review", "/callbacks")
    return {path: client.get(home + path).status_code for path in paths}


@pytest.mark.parametrize("revision", RELEASED)
def test_work_goes_on_after_the_update_from_every_release(server, revision):
    check_update(server, revision)


@pytest.mark.postgres
@pytest.mark.parametrize("any_server", ["postgres"], indirect=True)
def test_work_goes_on_after_the_update_on_postgresql(any_server):
    check_update(any_server, RELEASED[0])


def check_update(server, revision):
    server.configure(idempotency="off")
    fill(server)
    leave_as(server, revision)

    migrate.upgrade(config_of(server))
    go_on(server)

    states = {server.state(str(number))[0] for number in (1, 2, 3, 4, 6)}
    assert states == {"written"}
    # 5 still rings: it has made nobody yet.
    assert server.audit() | {"tasks": 1} == {"clients": 5, "leads": 5, "calls": 5, "tasks": 1}
    pages = shown(server)
    assert {path: status for path, status in pages.items() if status not in (200, 302)} == {}


@pytest.fixture
def newer(server):
    with server.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9042'"))
    return config_of(server)


def test_a_newer_database_is_not_touched(server, newer, caplog):
    for start in (migrate.upgrade, _look_at_database):
        with pytest.raises(migrate.NewerDatabase, match="schema 9042 of a newer version"):
            start(newer)
    with pytest.raises(SystemExit) as ended:
        migrate.upgrade_or_try_again(newer)
    told = server.app.test_cli_runner().invoke(args=["calls", "drain", str(server.id)])

    assert ended.value.code == 1
    assert "start the newer version" in caplog.text
    assert told.exit_code == 1
    assert "database_newer" in told.output
