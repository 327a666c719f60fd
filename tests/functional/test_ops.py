"""/healthz, /readyz, /metrics."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from runtime.config_state import check_backups
from services import heartbeats
from tests.notifications import answered_call


@pytest.fixture
def client(server):
    return server.app.test_client()


def test_alive_asks_nobody(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_not_ready_without_broker_and_workers(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["ready"] is False
    assert answer.content_type == "application/json"


def test_metrics_are_for_this_machine(client):
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "10.0.0.1", 404),
        ({"X-Forwarded-For": "10.0.0.1"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer wrong"}, "10.0.0.1", 404),
        ({"Authorization": "Bearer wörng"}, "10.0.0.1", 404),
    ],
)
def test_metrics_are_not_for_strangers(client, headers, address, status):
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == status


def test_metrics_with_the_token(server, client):
    token = server.app.extensions["metrics_token"]
    headers = {"Authorization": f"Bearer {token}"}

    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"})

    assert answer.status_code == 200


HOSTILE = '"}\n# x{y="'


def exposed(client):
    """Name of a sample -> labels -> value, as Prometheus reads it."""
    text = client.get("/metrics").text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_metrics_tell_what_happened_and_what_is_open(server, client):
    server.fault("validation_refused", "create_lead")
    server.notify(*answered_call("1"))
    server.notify(answered_call("1")[0])
    client.post("/hooks/unknown", data="{}")
    before = exposed(client)
    server.drain()
    after = exposed(client)

    answers = {labels[0][1]: n for labels, n in before["hook_seconds_count"].items()}
    assert (answers["accepted"], answers["duplicate"], answers["refused"]) == (5, 1, 1)
    assert before["notifications_pending"] == {(("kind", "all"),): 5}
    assert after["notifications_pending"] == {(("kind", "all"),): 0}
    writes = {
        (("kind", "client"), ("result", "done")): 1,
        (("kind", "client"), ("result", "sent")): 1,
    }
    assert writes.items() <= after["crm_writes_total"].items()
    assert after["crm_writes_total"][(("kind", "lead"), ("result", "again"))] >= 1
    assert after["crm_writes_open"][(("kind", "lead"), ("status", "planned"))] == 1
    assert after["crm_request_seconds_count"][(("result", "refused"),)] >= 1
    assert after["database_up"] == {(): 1}
    assert after["broker_up"] == {(): 0}


def test_metrics_hold_nothing_of_people_and_secrets(server, client):
    server.notify(*answered_call("700000101", scenario_name=HOSTILE))
    server.drain()

    text = client.get("/metrics").text

    hidden = ("971500000055", "0055", "700000101", server.made.webhook_url.split("/")[-1])
    assert [each for each in hidden if each in text] == []
    assert len(text.splitlines()) < 500


def test_no_question_for_metrics_grows_with_the_history(server, client):
    asked = []

    def remember(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(server.engine, "before_cursor_execute", remember)
    try:
        client.get("/metrics")
    finally:
        event.remove(server.engine, "before_cursor_execute", remember)
    with server.engine.connect() as connection:
        plans = [
            row.detail
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    assert len(asked) > 10
    # Of large tables only indexes of what is open are walked, or one row is taken by its number.
    large = ("call_session", "notification", "crm_write", "trace_entry", "manager_answer")
    walked = [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in large]
    assert {plan for plan in walked if "INDEX" not in plan} <= {f"SCAN {name}" for name in OLDEST}
    assert [plan for plan in walked if "INDEX" in plan and not re.search(PARTIAL, plan)] == []


OLDEST = ("notification", "call_session", "trace_entry", "manager_answer")
PARTIAL = r"ix_call_session_(due|unfinished|failed|close)|ix_notification_pending"


def test_missing_parts_are_named_with_what_it_means(server, client):
    told = client.get("/readyz").json

    assert told["parts"]["database"] == told["parts"]["migrations"] == "ok"
    assert told["parts"]["upkeep"] == told["parts"]["live"] == "none"
    assert (told["parts"]["broker"], told["parts"]["workers"]) == ("away", "unknown")
    assert told["answers_notifications"] is True
    assert told["means"] == [
        "Notifications are answered as ever; upkeep works on calls itself, slower."
    ]


def test_a_part_that_has_fallen_silent_is_told(server, client):
    with server.engine.begin() as connection:
        heartbeats.beat(connection, heartbeats.UPKEEP, "a", {"tasks": {"sweep": 1.0}})
        heartbeats.beat(connection, heartbeats.LIVE, "a", {})
    fresh = client.get("/readyz").json["parts"]

    server.pass_time(90)

    silent = client.get("/readyz").json["parts"]
    assert (fresh["upkeep"], fresh["live"]) == ("ok", "ok")
    assert silent["upkeep"].startswith("silent for 9")
    assert exposed(client)["upkeep_task_age_seconds"][(("task", "sweep"),)] >= 90


def test_a_newer_schema_is_told(server, client):
    with server.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    told = client.get("/readyz")

    assert told.status_code == 503
    assert "newer than" in told.json["parts"]["migrations"]
    assert told.json["answers_notifications"] is False


def test_a_missing_or_old_backup_is_told(server):
    never = check_backups(server.engine)
    with server.engine.begin() as connection:
        heartbeats.beat(connection, heartbeats.BACKUP, "a", {"bytes": 9})
    fresh = check_backups(server.engine)

    server.pass_time(50 * 3600)

    assert [finding.level for finding in never] == ["warning"]
    assert fresh == []
    assert "2 days old" in check_backups(server.engine)[0].text
