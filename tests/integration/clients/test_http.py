"""What the transport sends, takes and logs."""

from __future__ import annotations

import gzip
import logging

import pytest

from clients.errors import AmbiguousError, NotExecutedError
from tests.raw_server import answering, reply

BODY = b'{"a":1}'


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
