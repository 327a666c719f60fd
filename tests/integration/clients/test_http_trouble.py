"""What each kind of trouble on the way means."""

from __future__ import annotations

import gzip
import socket
import threading
from time import monotonic

import pytest

from clients.errors import AmbiguousError, NotExecutedError
from tests.raw_server import answering, reply, reset

BODY = b'{"a":1}'


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_refused_connection_is_not_executed(make_http):
    host = f"localhost:{free_port()}"

    with pytest.raises(NotExecutedError) as caught:
        make_http(host).send("POST", f"http://{host}/x?api_key=abc", body=BODY)

    assert caught.value.code == "cannot_connect"
    assert caught.value.__context__ is None


def unknown_name(host, port):
    raise socket.gaierror(-2, "Name or service not known")


@pytest.mark.parametrize(
    ("resolve", "code"),
    [
        pytest.param(unknown_name, "cannot_resolve", id="unknown-name"),
        pytest.param(lambda *_: ["127.0.0.1"], "address_not_allowed", id="loopback"),
        pytest.param(lambda *_: ["169.254.169.254"], "address_not_allowed", id="metadata"),
        pytest.param(lambda *_: ["::ffff:10.0.0.1", "10.0.0.1"], "address_not_allowed", id="two"),
        pytest.param(lambda *_: [], "address_not_allowed", id="nothing"),
    ],
)
def test_name_that_leads_astray_is_not_called(make_http, resolve, code):
    http = make_http("crm.example", resolve=resolve)

    with pytest.raises(NotExecutedError) as caught:
        http.send("POST", "https://crm.example/", body=BODY)

    assert caught.value.code == code


def test_slow_name_service_is_given_up(make_http):
    release = threading.Event()
    http = make_http("crm.example", resolve=lambda *_: [str(release.wait(10))])
    began = monotonic()

    with pytest.raises(NotExecutedError) as caught:
        http.send("GET", "https://crm.example/", connect_timeout=0.1)

    release.set()
    assert caught.value.code == "cannot_resolve"
    assert monotonic() - began < 2


def test_localhost_that_leads_outside_is_not_called(make_http):
    http = make_http("localhost:9000", resolve=lambda *_: ["8.8.8.8"])

    with pytest.raises(NotExecutedError) as caught:
        http.send("GET", "http://localhost:9000/")

    assert caught.value.code == "address_not_allowed"


def test_next_address_is_tried(served):
    server, http = served(answering(reply()), resolve=lambda *_: ["::1", "127.0.0.1"])

    assert http.send("POST", server.url, body=BODY).status == 200


def close_after_request(server, connection):
    server.read_request(connection)


def reset_after_request(server, connection):
    server.read_request(connection)
    reset(connection)


def break_off_body(server, connection):
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")


def reset_in_body(server, connection):
    break_off_body(server, connection)
    reset(connection)


def not_http(server, connection):
    server.read_request(connection)
    connection.sendall(b"SSH-2.0-x\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
@pytest.mark.parametrize(
    "handler",
    [
        close_after_request,
        reset_after_request,
        break_off_body,
        reset_in_body,
        not_http,
    ],
)
def test_lost_answer_is_ambiguous(served, handler, method):
    server, http = served(handler)

    with pytest.raises(AmbiguousError) as caught:
        http.send(method, server.url + "/x?api_key=abc", body=None if method == "GET" else BODY)

    assert caught.value.code == "connection_lost"
    assert caught.value.__context__ is None
    assert len(server.requests) == 1


def stay_silent(server, connection):
    server.read_request(connection)
    server.closing.wait(10)


def drip(start):
    """Send `start`, then a sign every 20 ms for as long as somebody listens."""

    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(start)
        while not server.closing.wait(0.02):
            connection.sendall(b"a")

    return handle


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(stay_silent, id="silent"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: "), id="drips-head"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), id="drips-body"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\n\r\n"), id="endless-body"),
    ],
)
def test_deadline_holds(served, handler):
    server, http = served(handler)
    began = monotonic()

    with pytest.raises(AmbiguousError) as caught:
        http.send("POST", server.url, body=BODY, timeout=0.3)

    assert caught.value.code == "timeout"
    assert 0.25 < monotonic() - began < 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(b"x" * 2000), id="long"),
        pytest.param(
            reply(gzip.compress(b"x" * 2_000_000), headers=["Content-Encoding: gzip"]), id="bomb"
        ),
        pytest.param(reply(BODY, headers=["Content-Encoding: gzip"]), id="not-gzip"),
    ],
)
def test_answer_that_cannot_be_taken(served, answer):
    server, http = served(answering(answer), max_bytes=1000)

    with pytest.raises(AmbiguousError) as caught:
        http.send("GET", server.url)

    assert (caught.value.code, caught.value.status) == ("unexpected_answer", 200)
