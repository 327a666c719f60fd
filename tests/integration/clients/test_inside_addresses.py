"""No address leads inside: a server on this machine listens, and must hear nothing."""

from __future__ import annotations

import pytest

from clients import transport
from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from clients.errors import ClientError, NotExecutedError
from clients.wire import load_wire
from tests.addresses_inside import RESOLVED, inside
from tests.raw_server import raw_server, reply

ALLOWED = "api.behomes.tech"
STATUSES = ("301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent", "300 Choose")


def hear(server, connection):
    server.read_request(connection)
    connection.sendall(reply())


@pytest.fixture
def canary():
    with raw_server(hear) as server:
        yield server
    assert server.connections == 0


def test_table_is_long_enough():
    assert len(set(inside(1))) > 130
    assert len(set(RESOLVED)) > 35


def test_no_spelling_of_an_inside_address_is_called(make_http, canary):
    """Names would lead to this machine if anything looked them up."""
    http = make_http(ALLOWED, f"{ALLOWED}:8443", resolve=lambda *_: ["127.0.0.1"])

    for url in inside(canary.port):
        for ask in (
            lambda: http.send("GET", url),  # noqa: B023
            lambda: http.stream(url, allowed_hosts=[ALLOWED]),  # noqa: B023
        ):
            with pytest.raises(NotExecutedError) as caught:
                ask()
            assert caught.value.code == "host_not_allowed", url
        assert not http.allows(url), url


def test_both_clients_refuse_them(make_http, canary):
    http = make_http(ALLOWED, resolve=lambda *_: ["127.0.0.1"])
    refused = 0

    for url in inside(canary.port):
        crm = BehomesClient(load_wire(), http, url, "key")
        pbx = CallGearClient(http, data_api_url=url, call_api_url=url, access_token="t")
        for ask in (crm.account, pbx.account):
            with pytest.raises(ClientError) as caught:
                ask()
            assert isinstance(caught.value, NotExecutedError), url
            refused += 1

    assert refused > 260


def test_host_of_a_recording_is_no_host_that_the_payload_names(make_http, canary):
    http = make_http(canary.host, ALLOWED, resolve=lambda *_: ["127.0.0.1"])

    with pytest.raises(NotExecutedError):
        http.stream(f"{canary.url}/1", allowed_hosts=[ALLOWED])


@pytest.mark.parametrize("address", RESOLVED)
def test_name_that_leads_inside_is_not_called(make_http, monkeypatch, canary, address):
    monkeypatch.setattr(transport, "connect", _no_connection)
    for found in ([address], [address, address]):
        http = make_http(f"{ALLOWED}:{canary.port}", resolve=lambda *_, found=found: found)

        with pytest.raises(NotExecutedError) as caught:
            http.send("POST", f"https://{ALLOWED}:{canary.port}/", body=b"{}")

        assert caught.value.code == "address_not_allowed"


def _no_connection(address, _watch):
    raise AssertionError(f"would have called {address}")


def test_address_that_was_checked_is_the_one_that_is_called(make_http, monkeypatch, canary):
    """A name may lead elsewhere a moment later: it is looked up once for each connection."""
    answers, called = [["93.184.216.34", "10.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]], []

    def refuse(address, _watch):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(transport, "connect", refuse)
    host = f"{ALLOWED}:{canary.port}"
    http = make_http(host, resolve=lambda *_: answers.pop(0))

    codes = []
    for _ in range(2):
        with pytest.raises(NotExecutedError) as caught:
            http.send("POST", f"https://{host}/", body=b"{}")
        codes.append(caught.value.code)

    assert called == ["93.184.216.34"]
    assert codes == ["cannot_connect", "address_not_allowed"]
    assert len(answers) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_redirect_inside_is_followed_by_nobody(make_http, canary, status):
    def send_inside(server, connection):
        headers = [f"Location: {canary.url}/x", f"Refresh: 0; url={canary.url}/y"]
        headers.append(f"Content-Location: {canary.url}/z")
        while server.read_request(connection):
            connection.sendall(reply(b"{}", status=status, headers=headers))

    with raw_server(send_inside) as server:
        http = make_http(server.host, canary.host)
        crm = BehomesClient(load_wire(), http, server.url, "key")
        pbx = CallGearClient(
            http, data_api_url=server.url, call_api_url=server.url, access_token="t"
        )
        for ask in (crm.account, pbx.account):
            with pytest.raises(ClientError):
                ask()
        with http.stream(f"{server.url}/1", allowed_hosts=[server.host]) as stream:
            assert stream.status == int(status[:3])
        assert http.send("GET", server.url).status == int(status[:3])
        http.close()


def test_environment_sends_nobody_through_a_proxy(make_http, canary, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"):
        for spelled in (name, name.upper()):
            monkeypatch.setenv(spelled, "" if name == "no_proxy" else canary.url)

    with raw_server(hear) as server:
        http = make_http(server.host)
        crm = BehomesClient(load_wire(), http, server.url, "key")
        with pytest.raises(ClientError):
            crm.account()
        http.send("GET", server.url)
        http.close()

    assert len(server.requests) == 2
    assert not any(b"authorization: basic" in each.lower() for each in server.requests)
