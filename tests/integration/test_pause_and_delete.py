"""Pause and delete: what stops, what waits, what comes back, and what is taken out for good."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import CallSession, CrmAccount, Integration, Login, LoginIntegration, Notification, db
from services import accounts, delete_integration, due, lists, pause, reports
from services.create_login import create_login
from services.gauges import read_gauges
from services.play_recording import find_recording
from services.recording_links import RecordingLink, record_id, sign
from tests.notifications import answered_call, lost_call, record, talking

DAY = 25 * 3600


def with_session(server, act, *arguments, **named):
    with Session(server.engine) as session:
        return act(session, *arguments, **named)


def delete(server, title="Dubai office"):
    with_session(server, delete_integration.delete_integration, server.id, typed_title=title)
    server.app.extensions["hook_access"].forget()


def rows_of(server, integration_id):
    """Table -> how many rows belong to this integration."""
    with server.engine.connect() as connection:
        return {
            table.name: connection.execute(
                select(func.count()).where(table.c.integration_id == integration_id)
            ).scalar_one()
            for table in db.metadata.sorted_tables
            if "integration_id" in table.c
        }


# Pause


def test_paused_calls_wait_and_are_worked_on_after_the_pause(any_server):
    with_session(any_server, pause.pause, any_server.id)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    assert any_server.state() == ("waiting", "paused")

    waited = with_session(any_server, pause.resume, any_server.id)
    any_server.drain()

    assert waited == 1
    assert any_server.state() == ("written", None)


def test_pausing_twice_keeps_the_first_moment(server):
    with_session(server, pause.pause, server.id)
    server.pass_time(60)
    with Session(server.engine) as session:
        before = session.get_one(Integration, server.id).paused_at

    with_session(server, pause.pause, server.id)

    with Session(server.engine) as session:
        assert session.get_one(Integration, server.id).paused_at == before


def test_paused_call_keeps_the_version_of_its_first_notification(server):
    with_session(server, pause.pause, server.id)
    server.notify(*answered_call("1"))
    server.drain()
    version = server.row().settings_version
    server.publish(incoming={"first": {"create": "deal"}})

    with_session(server, pause.resume, server.id)
    server.drain()

    assert server.row().settings_version == version
    assert server.written("deals") == []


def test_call_put_to_rest_by_a_worker_who_missed_the_resume_is_woken(any_server):
    with_session(any_server, pause.pause, any_server.id)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.change(paused_at=None)  # as if the worker had read the integration before
    any_server.drain()
    assert any_server.state() == ("waiting", "paused")

    with any_server.engine.begin() as connection:
        woken = due.wake_forgotten(connection)
    any_server.drain()

    assert woken == 1
    assert any_server.state() == ("written", None)


def test_paused_calls_are_left_alone_while_the_pause_lasts(server):
    with_session(server, pause.pause, server.id)
    server.notify(*lost_call("1"))
    server.drain()

    with server.engine.begin() as connection:
        assert due.wake_forgotten(connection) == 0


# Delete: each door


def test_title_must_be_typed_as_it_is(server):
    with pytest.raises(delete_integration.TitleDiffers):
        delete(server, "Dubai offices")

    assert server.notify(*lost_call("1")) == ["accepted"] * 4


def test_webhook_address_of_a_deleted_integration_is_a_404(any_server):
    path = any_server.made.webhook_url.split("/", 3)[3]
    client = any_server.app.test_client()
    assert client.post(f"/{path}", json=talking("1")[0]).status_code == 200

    delete(any_server)

    answer = client.post(f"/{path}", json=talking("2")[0])
    unknown = client.post("/hooks/no-such-token", json=talking("2")[0])
    assert (answer.status_code, answer.text) == (404, unknown.text)


def test_nothing_of_a_deleted_integration_is_worked_on(any_server):
    any_server.notify(*answered_call("1"))
    delete(any_server)

    any_server.drain()

    with any_server.engine.connect() as connection:
        assert not due.is_any_due(connection)
    assert any_server.written("clients") == []
    with any_server.engine.connect() as connection:
        counted = {gauge.name: gauge.values for gauge in read_gauges(connection)}
    assert counted["calls_due"] == {("now",): 0, ("later",): 0}
    assert set(counted["crm_accounts"].values()) == {0}


def test_upkeep_leaves_a_deleted_integration_alone(any_server):
    any_server.change(pbx_tried_at=None)
    now = any_server.now()
    with Session(any_server.engine) as session, session.begin():
        session.execute(db.update(CrmAccount).values(breaker="open", probe_at=None))
        session.add(
            CallSession(
                integration_id=any_server.id,
                call_session_id="7",
                first_seen_at=now,
                updated_at=now,
                started_at=now,
                report_at=now,
            )
        )
    delete(any_server)

    assert lists.refresh_due(any_server.engine, any_server.ports) == 0
    assert accounts.probe_due(any_server.engine, any_server.ports) == 0
    assert reports.read_due_reports(any_server.engine, any_server.ports) == 0


def test_recording_link_of_a_deleted_integration_opens_nothing(server):
    server.notify(*answered_call("1"), record("1"))
    server.drain()
    call = server.row()
    link = RecordingLink(call.id, record_id(call.facts["recordings"][0]["url"]), server.now())
    signed = sign(link, server.ports.secret_key)
    assert with_session(server, find_recording, signed, server.ports)

    delete(server)

    assert with_session(server, find_recording, signed, server.ports) is None


def test_command_line_does_not_know_a_deleted_integration(server):
    delete(server)

    result = server.app.test_cli_runner().invoke(
        args=["integrations", "settings", "export", str(server.id)]
    )

    assert result.exit_code == 1
    assert "not_found" in result.output


# Back, or gone


def test_within_a_day_all_comes_back_and_goes_on(any_server):
    any_server.notify(*answered_call("1"))
    delete(any_server)

    assert with_session(any_server, delete_integration.undo_delete, any_server.id)

    any_server.notify(*lost_call("2"))
    any_server.drain()
    assert any_server.state("1")[0] == any_server.state("2")[0] == "written"


def test_after_a_day_it_does_not_come_back(any_server):
    delete(any_server)
    any_server.pass_time(DAY)

    assert not with_session(any_server, delete_integration.undo_delete, any_server.id)
    assert with_session(any_server, delete_integration.find_deleted) == []


def test_loss_counts_and_names_unfinished_calls(server):
    server.notify(*answered_call("1"))
    server.drain()
    server.change(paused_at=server.now())
    server.notify(*talking("2"))
    server.drain()
    with Session(server.engine) as session, session.begin():
        session.execute(
            db.update(CallSession)
            .where(CallSession.call_session_id == "2")
            .values(next_at=server.now())
        )

    loss = with_session(server, delete_integration.describe_loss, server.id)

    assert (loss.calls, loss.unfinished, loss.unfinished_ids) == (2, 1, ("2",))


def test_data_is_kept_for_a_day_and_then_taken_out(any_server, monkeypatch):
    monkeypatch.setattr(delete_integration, "CHUNK", 2)
    for number in range(5):
        any_server.notify(*answered_call(str(number), phone=f"9715000000{number:02}"))
    any_server.drain()
    gone, kept = any_server.id, any_server.use().id
    any_server.notify(*answered_call("9"))
    any_server.drain()
    before = rows_of(any_server, kept)
    with_session(
        any_server, delete_integration.delete_integration, gone, typed_title="Dubai office"
    )

    assert delete_integration.purge_due(any_server.engine) == 0
    assert rows_of(any_server, gone)["call_session"] == 5

    with Session(any_server.engine) as session, session.begin():
        row = session.get_one(Integration, gone)
        row.deleted_at -= delete_integration.KEPT
    assert delete_integration.purge_due(any_server.engine) == 1

    left = rows_of(any_server, gone)
    assert left.pop("audit_entry") > 0  # who changed what stays for its time
    assert set(left.values()) == {0}
    assert rows_of(any_server, kept) == before
    with Session(any_server.engine) as session:
        row = session.get_one(Integration, gone)
        assert (row.behomes_key_sealed, row.webhook_secret_sealed) == ("", "")
        orphans = select(func.count()).where(
            Notification.session_row_id.not_in(select(CallSession.id))
        )
        assert session.scalar(orphans) == 0
    assert delete_integration.purge_due(any_server.engine) == 0


def test_admin_limited_to_a_deleted_integration_does_not_see_all_others(server):
    gone = server.id
    with server.app.app_context():
        login = create_login(
            db.session(), "a@example.com", "admin", "correct horse", integration_ids=(gone,)
        )
        login_id = login.id
    kept = server.use().id
    with_session(server, delete_integration.delete_integration, gone, typed_title="Dubai office")
    server.pass_time(DAY)

    delete_integration.purge_due(server.engine)

    with Session(server.engine) as session:
        rows = session.scalars(
            select(LoginIntegration.integration_id).where(LoginIntegration.login_id == login_id)
        )
        assert list(rows) == [gone]
        assert not session.get_one(Login, login_id).may_see(kept)
