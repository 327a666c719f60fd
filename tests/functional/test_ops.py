"""/healthz, /readyz, /metrics."""

from __future__ import annotations

import pytest


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
