"""Only a proxy on this machine is believed about who its visitor is."""

from __future__ import annotations

import pytest

from runtime.proxy import LocalProxy


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        pytest.param("127.0.0.1", "203.0.113.7", "203.0.113.7", id="proxy-on-this-machine"),
        pytest.param("127.0.0.1", "10.0.0.1, 203.0.113.7", "203.0.113.7", id="only-the-last-entry"),
        pytest.param("198.51.100.9", "203.0.113.7", "198.51.100.9", id="stranger-is-not-believed"),
        pytest.param("127.0.0.1", None, "127.0.0.1", id="no-proxy"),
    ],
)
def test_address_of_the_visitor(peer, forwarded, seen):
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "example.com"}
    if forwarded:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded

    addresses = []
    LocalProxy(lambda known, start: addresses.append(known["REMOTE_ADDR"]) or [])(environ, print)

    assert addresses == [seen]
