"""One client cannot keep the others waiting: not by being slow, not by holding connections."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from tests.integration.sample_server import sample_server

THREADS = 40  # of both processes of sample_web.py
MOST_CONNECTIONS = 2 * 1020
QUICK_SECONDS = 0.5
HOST = b"Host: a\r\n"
SLOW = {
    "nothing": b"",
    "part of a head": b"POST /body HTTP/1.1\r\nHost: a\r\nX: ",
    "a head alone": b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n",
    "part of a body": b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    "part of a long body": b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n{",
    "part of a chunk": b"POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n",
    "no taking of answers": b"GET /answer/90000 HTTP/1.1\r\nHost: a\r\n\r\n" * 9,
    "no closing": b"GET /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def server():
    with sample_server() as running:
        yield running


@contextlib.contextmanager
def connections(url: str, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections on which this was said and nothing more."""
    host, port = url.removeprefix("http://").split(":")
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(stack.enter_context(socket.create_connection((host, int(port)), 5)))
            with contextlib.suppress(OSError):  # the oldest may be closed by now
                made[-1].sendall(said)
        yield made


def hear(connection: socket.socket, ending: bytes, *, times: int = 1) -> bytes:
    """What comes, until it has come so often."""
    heard = b""
    while heard.count(ending) < times:
        more = connection.recv(10_000)
        assert more, heard
        heard += more
    return heard


def seconds_of_an_answer(url: str) -> float:
    began = time.monotonic()
    assert requests.get(f"{url}/length?a", timeout=10).text == "1"
    return time.monotonic() - began


def median_seconds(url: str) -> float:
    return sorted(seconds_of_an_answer(url) for _ in range(5))[2]


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_others_are_answered_at_once_beside_many_slow_connections(server, said):
    _, url = server

    with connections(url, 3 * THREADS, said):
        assert median_seconds(url) < QUICK_SECONDS


def test_there_is_room_for_others_beside_more_connections_than_are_taken(server):
    _, url = server

    with connections(url, MOST_CONNECTIONS + 200):
        assert median_seconds(url) < QUICK_SECONDS


@pytest.mark.parametrize("said", ["nothing", "part of a head", "part of a body"])
def test_slow_connection_is_given_up(server, said):
    _, url = server

    with connections(url, 1, SLOW[said]) as [connection]:
        connection.settimeout(10)
        began = time.monotonic()
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            heard = connection.recv(1000)

    assert heard == b"" or heard.startswith(b"HTTP/1.1 400")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("said", ["part of a body", "part of a long body", "part of a chunk"])
def test_body_that_breaks_off_is_no_body(server, said):
    _, url = server

    with connections(url, 1, SLOW[said]) as [connection]:
        connection.shutdown(socket.SHUT_WR)
        heard = connection.recv(1000)

    assert heard == b"" or heard.startswith(b"HTTP/1.1 400")


def test_who_does_not_take_a_long_answer_is_given_up(server):
    _, url = server

    with connections(url, THREADS, b"GET /answer/9000000 HTTP/1.1\r\nHost: a\r\n\r\n"):
        assert seconds_of_an_answer(url) < 6


def test_long_answer_is_taken_as_a_whole(server):
    _, url = server

    assert len(requests.get(f"{url}/answer/9000000", timeout=10).content) == 9_000_000


def test_body_that_comes_bit_by_bit_is_read(server):
    _, url = server

    with connections(url, 1, SLOW["part of a body"]) as [connection]:
        for piece in (b"x" * 9, b"x" * 90):
            time.sleep(0.3)  # longer than a request waits without a thread
            connection.sendall(piece)
        heard = hear(connection, b"\r\n\r\n100")

    assert heard.startswith(b"HTTP/1.1 200")


def test_head_that_comes_bit_by_bit_is_read_on_a_kept_connection(server):
    _, url = server

    with connections(url, 1) as [connection]:
        for _ in range(2):
            for piece in (b"GET /length?", b"abc HTTP/1.1\r\n", HOST, b"\r\n"):
                connection.sendall(piece)
                time.sleep(0.02)
            assert hear(connection, b"\r\n\r\n3").startswith(b"HTTP/1.1 200")


def test_requests_sent_at_once_are_all_answered(server):
    _, url = server

    with connections(url, 1, b"GET /length?ab HTTP/1.1\r\nHost: a\r\n\r\n" * 3) as [connection]:
        assert hear(connection, b"\r\n\r\n2", times=3).count(b"HTTP/1.1 200") == 3


def test_end_of_a_connection_amid_a_request_is_noticed(server):
    process, url = server

    for said in ("part of a head", "part of a body"):
        with connections(url, THREADS, SLOW[said]):
            pass
    began, spent = time.monotonic(), _seconds_of_work(process)
    while time.monotonic() - began < 0.6:
        assert seconds_of_an_answer(url) < QUICK_SECONDS
        time.sleep(0.1)

    assert _seconds_of_work(process) - spent < 0.5  # it does not look again and again


def _seconds_of_work(process) -> float:
    times = [one.cpu_times() for one in process.children()]
    return sum(each.user + each.system for each in times)
