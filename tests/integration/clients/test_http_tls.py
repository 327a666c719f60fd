"""TLS of the transport: the certificate must be valid for the name, whatever the address."""

from __future__ import annotations

import pytest

from clients.errors import NotExecutedError
from clients.http import Http
from clients.transport import tls_context
from tests.certificates import make_issuer
from tests.raw_server import answering, raw_server, reply


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return make_issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture
def serve_tls(issuer):
    stack = []

    def start(host="localhost", handler=None, tls=True):
        context = issuer.server_context(host) if tls else None
        stack.append(raw_server(handler or answering(reply(b"{}")), tls=context))
        return stack[-1].__enter__(), context

    yield start
    for context in stack:
        context.__exit__(None, None, None)


def test_name_goes_into_handshake_and_host(serve_tls, issuer):
    names = []
    server, context = serve_tls()
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    http = Http([server.host], ca_file=issuer.ca_file, resolve=lambda *_: ["127.0.0.1"])

    for _ in range(2):
        assert http.send("POST", f"https://{server.host}/x", body=b"{}").status == 200

    http.close()
    assert (names, server.connections) == (["localhost"], 1)
    assert b"\r\nHost: " + server.host.encode() in server.requests[0]


def test_keys_of_a_session_are_not_written_down(serve_tls, issuer, monkeypatch, tmp_path):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    tls_context.cache_clear()
    server, _ = serve_tls()
    http = Http([server.host], ca_file=issuer.ca_file)

    assert http.send("GET", f"https://{server.host}/x").status == 200

    http.close()
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        pytest.param("other.example", True, id="wrong-name"),
        pytest.param("localhost", False, id="unknown-issuer"),
    ],
)
def test_bad_certificate_is_not_executed(serve_tls, issuer, host, trusted):
    server, _ = serve_tls(host)
    http = Http([server.host], ca_file=issuer.ca_file if trusted else None)

    with pytest.raises(NotExecutedError) as caught:
        http.send("POST", f"https://{server.host}/", body=b"{}")

    http.close()
    assert caught.value.code == "tls_failed"
    assert "TLS: " in caught.value.message
    assert server.requests == []


def test_server_without_tls_is_not_executed(serve_tls, issuer):
    server, _ = serve_tls(tls=False, handler=lambda _server, peer: peer.sendall(reply()))
    http = Http([server.host], ca_file=issuer.ca_file)

    with pytest.raises(NotExecutedError) as caught:
        http.send("POST", f"https://{server.host}/", body=b"{}")

    http.close()
    assert caught.value.code == "tls_failed"


def test_handshake_that_hangs_is_a_connect_timeout(serve_tls, issuer):
    server, _ = serve_tls(tls=False, handler=lambda one, _peer: one.closing.wait(10))
    http = Http([server.host], ca_file=issuer.ca_file)

    with pytest.raises(NotExecutedError) as caught:
        http.send("POST", f"https://{server.host}/", body=b"{}", connect_timeout=0.2)

    http.close()
    assert caught.value.code == "connect_timeout"
