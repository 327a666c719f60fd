"""The transport against real sockets: what is sent, and what each kind of trouble means."""

from __future__ import annotations

import gzip
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic

import pytest

from clients import http as http_module
from clients.errors import AmbiguousError, NotExecutedError
from clients.http import Http
from tests.raw_server import answering, raw_server, reply, reset

ROOT = Path(__file__).parents[2]
BODY = b'{"a":1}'


@pytest.fixture
def make_http():
    made = []

    def make(*hosts, **options):
        made.append(Http(hosts, **options))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def served(make_http):
    """Start a raw server; returns it and an Http that may call it."""
    stack = []

    def start(handler, **options):
        context = raw_server(handler)
        server = context.__enter__()
        stack.append(context)
        http = make_http(server.host, **options)
        return server, http

    yield start
    for context in stack:
        context.__exit__(None, None, None)


def test_request_is_sent_as_given(served):
    server, http = served(answering(reply(BODY)))

    answer = http.send("POST", server.url + "/v4/x?k=1", body=BODY, headers={"X-One": "1"})

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /v4/x?k=1 HTTP/1.1"
    assert {b"Host: " + server.host.encode(), b"X-One: 1", b"Content-Length: 7"} <= set(lines)
    assert body == BODY
    assert (answer.status, answer.body) == (200, BODY)


def test_head_and_body_leave_in_one_piece(served):
    pieces = []

    def handle(server, connection):
        pieces.append(connection.recv(65536))
        connection.sendall(reply())

    server, http = served(handle)

    http.send("POST", server.url, body=BODY)

    assert pieces[0].endswith(b"\r\n\r\n" + BODY)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_empty_body_has_a_length(served, method):
    server, http = served(answering(reply()))

    http.send(method, server.url, body=b"")

    assert b"\r\nContent-Length: 0\r\n" in server.requests[0]


def test_kept_headers_are_in_lower_case(served):
    server, http = served(answering(reply(headers=["RETRY-AFTER: 7", "Set-Cookie: a=b"])))

    answer = http.send("GET", server.url)

    assert answer.headers == {"retry-after": "7"}


def test_connection_is_kept(served):
    server, http = served(answering(reply()))

    for _ in range(3):
        http.send("POST", server.url, body=BODY)

    assert (server.connections, len(server.requests)) == (1, 3)


def test_cookies_are_not_kept(served):
    server, http = served(answering(reply(headers=["Set-Cookie: a=b; Path=/"])))

    for _ in range(2):
        http.send("GET", server.url)

    assert b"ookie" not in server.requests[1]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Moved"])
def test_redirect_is_not_followed(served, status):
    server, http = served(answering(reply(status=status, headers=["Location: /other"])))

    answer = http.send("GET", server.url)

    assert (answer.status, len(server.requests)) == (int(status[:3]), 1)


@pytest.mark.parametrize("status", ["400 No", "401 No", "429 Slow", "500 Ow", "503 Busy"])
def test_error_status_is_an_answer(served, status):
    server, http = served(answering(reply(status=status)))

    assert http.send("POST", server.url, body=BODY).status == int(status[:3])


def test_environment_plays_no_part(served, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login one password two")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server, http = served(answering(reply()))

    http.send("GET", server.url)

    assert b"uthorization" not in server.requests[0]


def test_gzip_is_unpacked(served):
    packed = reply(gzip.compress(BODY), headers=["Content-Encoding: gzip"])
    server, http = served(answering(packed))

    assert http.send("GET", server.url).body == BODY


def test_answer_in_chunks_is_joined(served):
    chunks = b"4\r\n" + BODY[:4] + b"\r\n3\r\n" + BODY[4:] + b"\r\n0\r\n\r\n"
    server, http = served(
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    )

    for _ in range(2):
        assert http.send("GET", server.url).body == BODY
    assert server.connections == 1


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


def test_key_is_not_logged(served, caplog):
    caplog.set_level(logging.DEBUG)
    server, http = served(answering(reply()))

    http.send("GET", server.url + "/v4/account?api_key=abcdef")

    assert "/v4/account?***" in caplog.text
    assert "abcdef" not in caplog.text


def test_key_is_not_logged_when_the_head_is_broken(served, caplog):
    caplog.set_level(logging.DEBUG)
    server, http = served(answering(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n"), max_bytes=10)

    with pytest.raises(AmbiguousError):
        http.send("GET", server.url + "/v4/account?api_key=abcdef", timeout=0.2)

    assert "Failed to parse headers" in caplog.text
    assert "abcdef" not in caplog.text


def test_header_that_cannot_be_sent_is_not_executed(served):
    server, http = served(answering(reply()))

    with pytest.raises(NotExecutedError):
        http.send("POST", server.url, body=BODY, headers={"X-Api-Key": "a\r\nX: b"})

    assert server.requests == []


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
