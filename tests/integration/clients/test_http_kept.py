"""Connections that are kept: by whom, for how long, and what happens when they are stale."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clients import http as http_module
from clients.errors import AmbiguousError
from tests.raw_server import answering, reply, reset

ROOT = Path(__file__).parents[3]
BODY = b'{"a":1}'


def test_request_after_trouble_works(served):
    def handle(server, connection):
        server.read_request(connection)
        if server.connections > 1:
            connection.sendall(reply())

    server, http = served(handle)
    with pytest.raises(AmbiguousError):
        http.send("POST", server.url, body=BODY)

    assert http.send("POST", server.url, body=BODY).status == 200


def close_after_one_answer(server, connection):
    server.read_request(connection)
    connection.sendall(reply())


def test_connection_closed_in_between_is_noticed(served):
    server, http = served(close_after_one_answer)
    http.send("POST", server.url, body=BODY)
    wait_until_closed(http)

    assert http.send("POST", server.url, body=BODY).status == 200
    assert (server.connections, len(server.requests)) == (2, 2)


def wait_until_closed(http):
    """Wait until the other side's FIN has reached the kept connection."""
    (adapter,) = http._local.adapters.values()
    connection = adapter.pool.pool.queue[-1]
    assert connection.sock.recv(1, socket.MSG_PEEK) == b""


def close_at_second_request(server, connection):
    server.read_request(connection)
    connection.sendall(reply())
    if server.connections == 1:
        connection.recv(65536)
        reset(connection)
    else:
        answering(reply())(server, connection)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_idempotent_request_survives_a_stale_connection(served, method):
    server, http = served(close_at_second_request)
    http.send("GET", server.url)

    assert http.send(method, server.url).status == 200
    assert server.connections == 2


def test_post_on_a_stale_connection_is_ambiguous(served):
    server, http = served(close_at_second_request)
    http.send("GET", server.url)

    with pytest.raises(AmbiguousError) as caught:
        http.send("POST", server.url, body=BODY)

    assert caught.value.code == "connection_lost"


def test_post_takes_no_connection_that_was_idle_for_long(served, monkeypatch):
    monkeypatch.setattr(http_module, "IDLE_POST_SECONDS", -1.0)
    server, http = served(answering(reply()))
    http.send("GET", server.url)

    http.send("POST", server.url, body=BODY)

    assert server.connections == 2


def test_each_thread_has_its_own_connection(served):
    server, http = served(answering(reply()))
    http.send("GET", server.url)

    thread = threading.Thread(target=http.send, args=("GET", server.url))
    thread.start()
    thread.join()

    assert (server.connections, len(server.requests)) == (2, 2)


FORK = """
import os, sys
from clients.http import Http
http = Http([sys.argv[1]])
http.send("GET", "http://" + sys.argv[1])
child = os.fork()
http.send("GET", "http://" + sys.argv[1])
http.send("GET", "http://" + sys.argv[1])
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""


def test_child_of_a_fork_makes_its_own_connection(served):
    server, _ = served(answering(reply()))

    subprocess.run(
        [sys.executable, "-c", FORK, server.host],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=30,
    )

    assert (server.connections, len(server.requests)) == (2, 5)
