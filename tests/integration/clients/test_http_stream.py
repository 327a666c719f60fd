"""Recordings piece by piece: where from, how much, for how long."""

from __future__ import annotations

import pytest

from clients.errors import AmbiguousError, NotExecutedError
from clients.http import Http
from tests.raw_server import answering, raw_server, reply

AUDIO = bytes(range(256)) * 1000


@pytest.fixture
def media():
    """Start a server with this handler; returns it and an Http that may call it."""
    stack = []

    def start(handler):
        stack.append(raw_server(handler))
        server = stack[-1].__enter__()
        stack.append(Http([server.host]))
        return server, stack[-1]

    yield start
    for one in reversed(stack):
        one.close() if isinstance(one, Http) else one.__exit__(None, None, None)


def test_recording_comes_in_pieces(media):
    headers = ["Content-Type: audio/mpeg", "Accept-Ranges: bytes", "Set-Cookie: a=b"]
    server, http = media(answering(reply(AUDIO, headers=headers)))

    with http.stream(server.url + "/1/a", allowed_hosts=[server.host]) as stream:
        pieces = list(stream)

    assert (b"".join(pieces), len(pieces) > 1) == (AUDIO, True)
    assert (stream.status, stream.headers) == (
        200,
        {
            "content-type": "audio/mpeg",
            "content-length": str(len(AUDIO)),
            "accept-ranges": "bytes",
        },
    )


def test_range_is_passed_on(media):
    headers = ["Content-Range: bytes 0-9/100"]
    server, http = media(answering(reply(AUDIO[:10], status="206 Part", headers=headers)))

    with http.stream(server.url, allowed_hosts=[server.host], range_header="bytes=0-9") as stream:
        assert (stream.status, stream.headers["content-range"]) == (206, "bytes 0-9/100")
    assert b"\r\nRange: bytes=0-9\r\n" in server.requests[0]


def test_error_status_is_handed_over(media):
    server, http = media(answering(reply(b"gone", status="404 Gone")))

    with http.stream(server.url, allowed_hosts=[server.host]) as stream:
        assert stream.status == 404


def test_host_must_be_a_media_host(media):
    server, http = media(answering(reply(AUDIO)))

    with pytest.raises(NotExecutedError) as caught:
        http.stream(server.url, allowed_hosts=["media.example"])

    assert (caught.value.code, server.connections) == ("host_not_allowed", 0)


def test_media_host_must_be_in_api_hosts(media):
    _, http = media(answering(reply(AUDIO)))

    with pytest.raises(NotExecutedError) as caught:
        http.stream("https://media.example/1", allowed_hosts=["media.example"])

    assert caught.value.code == "host_not_allowed"


def test_too_long_recording_breaks_off(media):
    server, http = media(answering(reply(AUDIO)))
    stream = http.stream(server.url, allowed_hosts=[server.host], max_bytes=100_000)

    with pytest.raises(AmbiguousError) as caught:
        list(stream)

    assert caught.value.code == "unexpected_answer"


def test_slow_recording_breaks_off(media):
    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        server.closing.wait(10)

    server, http = media(handle)
    stream = http.stream(server.url, allowed_hosts=[server.host], max_seconds=0.2)

    with pytest.raises(AmbiguousError) as caught:
        list(stream)

    assert caught.value.code == "timeout"


def test_request_beside_a_stream_has_its_own_connection(media):
    server, http = media(answering(reply(AUDIO)))

    with http.stream(server.url, allowed_hosts=[server.host]) as stream:
        other = http.send("GET", server.url, timeout=5)
        heard = b"".join(stream)

    assert (other.body, heard, server.connections) == (AUDIO, AUDIO, 2)
