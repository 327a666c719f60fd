from __future__ import annotations

import pytest

from clients.addresses import AllowedHosts, is_public, is_reachable
from clients.errors import NotExecutedError

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2003::1",
]
REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:0a00:0001::1",
    "2002:0808:0808::1",
    "2a00:1450::5efe:10.0.0.1",
    "2a00:1450::200:5efe:10.0.0.1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "",
    "localhost",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "010.8.8.8",
    "8.8.8.8:443",
    "[2606:4700::1]",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_may_be_called(address):
    assert is_public(address)


@pytest.mark.parametrize("address", REFUSED)
def test_other_address_may_not_be_called(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("host", "address", "reachable"),
    [
        pytest.param("localhost", "127.0.0.1", True, id="loopback-v4"),
        pytest.param("localhost", "::1", True, id="loopback-v6"),
        pytest.param("localhost", "8.8.8.8", False, id="localhost-leads-outside"),
        pytest.param("127.0.0.1", "127.0.0.1", True, id="literal"),
        pytest.param("::1", "::1", True, id="literal-v6"),
        pytest.param("crm.example", "127.0.0.1", False, id="name-leads-to-loopback"),
        pytest.param("crm.example", "10.1.2.3", False, id="name-leads-inside"),
        pytest.param("crm.example", "8.8.8.8", True, id="name-leads-outside"),
        pytest.param("localhost.example", "127.0.0.1", False, id="looks-like-localhost"),
    ],
)
def test_address_of_a_host(host, address, reachable):
    assert is_reachable(address, host=host) is reachable


HOSTS = ["api.behomes.tech", "Data.Example:8443", "localhost:9000", "127.0.0.1:9001", "[::1]:9002"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.behomes.tech", ("https", "api.behomes.tech", 443, "/")),
        ("https://API.behomes.tech./v4?a=b", ("https", "api.behomes.tech", 443, "/v4?a=b")),
        ("https://api.behomes.tech:443/v4", ("https", "api.behomes.tech", 443, "/v4")),
        ("https://data.example:8443//x", ("https", "data.example", 8443, "//x")),
        ("http://localhost:9000/x?y", ("http", "localhost", 9000, "/x?y")),
        ("https://localhost:9000/", ("https", "localhost", 9000, "/")),
        ("http://127.0.0.1:9001/", ("http", "127.0.0.1", 9001, "/")),
        ("http://[::1]:9002/", ("http", "::1", 9002, "/")),
    ],
)
def test_named_host_may_be_called(url, target):
    found = AllowedHosts(HOSTS).target(url)

    assert (found.scheme, found.host, found.port, found.path) == target


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://api.behomes.tech/", id="plain-http"),
        pytest.param("http://api.behomes.tech:443/", id="plain-http-on-443"),
        pytest.param("https://behomes.tech/", id="parent-domain"),
        pytest.param("https://x.api.behomes.tech/", id="subdomain"),
        pytest.param("https://api.behomes.tech:8443/", id="other-port"),
        pytest.param("https://data.example/", id="port-was-named"),
        pytest.param("http://localhost:9999/", id="other-loopback-port"),
        pytest.param("http://localhost/", id="loopback-default-port"),
        pytest.param("https://user:word@api.behomes.tech/", id="user"),
        pytest.param("https://api.behomes.tech@evil.example/", id="host-as-user"),
        pytest.param("https://@api.behomes.tech/", id="empty-user"),
        pytest.param("https://evil.example\\@api.behomes.tech/", id="backslash"),
        pytest.param("https://evil.example#@api.behomes.tech/", id="fragment"),
        pytest.param("https://api.behomes.tech?@evil.example/", id="query-without-path"),
        pytest.param("https://api.behomes.tech /", id="space"),
        pytest.param("https://api.behomes.tech/\r\nX: y", id="line-break"),
        pytest.param("https://api.behomes.tech/\u043f", id="not-ascii"),
        pytest.param("https://api.behomes.tech:x/", id="bad-port"),
        pytest.param("https://api.behomes.tech:99999/", id="port-too-large"),
        pytest.param("https://[::1/", id="bad-brackets"),
        pytest.param("ftp://api.behomes.tech/", id="scheme"),
        pytest.param("//api.behomes.tech/", id="no-scheme"),
        pytest.param("api.behomes.tech", id="no-scheme-at-all"),
        pytest.param("https:///x", id="no-host"),
        pytest.param("", id="empty"),
    ],
)
def test_other_url_may_not_be_called(url):
    with pytest.raises(NotExecutedError) as caught:
        AllowedHosts(HOSTS).target(url)

    assert caught.value.code == "host_not_allowed"


@pytest.mark.parametrize("entry", ["https://x", "x:y", "x/y", "u@x", ":80", "[::1", "x:99999"])
def test_bad_entry_of_api_hosts_is_named(entry):
    with pytest.raises(ValueError, match="API_HOSTS"):
        AllowedHosts([entry])


def test_empty_entries_are_left_out():
    allowed = AllowedHosts(["", " ", " api.behomes.tech "])

    assert allowed.target("https://api.behomes.tech/").host == "api.behomes.tech"
