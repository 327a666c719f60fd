"""Which hosts and addresses an outgoing request may go to.

A host must be named by the operator. What its name resolves to must be an ordinary public address,
so that a name cannot lead into our own network, to the machine itself or to a cloud's metadata
service; a loopback host that the operator named must resolve to loopback and to nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from clients.errors import NotExecutedError

# IANA special-purpose registries, plus the addresses of cloud services inside the public space.
REFUSED_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT; holds Alibaba's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host service
        "169.254.0.0/16",  # link-local; the metadata service of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; holds Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
GLOBAL_V6 = ip_network("2000::/3")  # all the rest is loopback, mapped, NAT64, private, multicast
REFUSED_V6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
    )
)
ISATAP = (0x00005EFE, 0x02005EFE)  # the half of an address before an embedded IPv4 address
DEFAULT_PORTS = {"https": 443, "http": 80}
ODD_SIGNS = frozenset(" \\#")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads, checked: `path` begins with a slash and includes the query."""

    scheme: str
    host: str
    port: int
    path: str


class AllowedHosts:
    """The operator's list of `host` or `host:port`; without a port, the scheme's own port."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = frozenset(_entry(text) for text in entries if text.strip())
        self._origins: dict[str, tuple[str, str, int]] = {}  # at most one per entry and scheme

    def target(self, url: str) -> Target:
        """Read a URL. Raises NotExecutedError(host_not_allowed) if it may not be called."""
        # Signs on whose meaning parsers differ are refused rather than understood.
        if not url.isascii() or not url.isprintable() or not ODD_SIGNS.isdisjoint(url):
            raise _refused("the address holds signs that do not belong there")
        scheme, _, rest = url.partition("://")
        authority, slash, path = rest.partition("/")
        origin = f"{scheme}://{authority}"
        known = self._origins.get(origin)
        if known is None:
            known = self._origins[origin] = self._checked(origin)
        return Target(*known, slash + path if slash else "/")

    def _checked(self, origin: str) -> tuple[str, str, int]:
        scheme, host, port = _origin(origin)
        if not self._names(host, port, scheme):
            raise _refused(f"{host}:{port} is not in API_HOSTS")
        if scheme != "https" and not is_loopback_host(host):
            raise _refused(f"{host} must be called by https")
        return scheme, host, port

    def _names(self, host: str, port: int, scheme: str) -> bool:
        if (host, port) in self._entries:
            return True
        return port == DEFAULT_PORTS[scheme] and (host, None) in self._entries


def is_loopback_host(host: str) -> bool:
    """Whether this host as written is the machine itself: localhost or a loopback literal."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_reachable(address: str, *, host: str) -> bool:
    """Whether we may connect to this address, to which `host` resolved."""
    if is_loopback_host(host):
        return is_loopback_host(address)
    return is_public(address)


def is_public(address: str) -> bool:
    """Whether this is an ordinary public address; False for anything that is not an address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    match parsed:
        case IPv4Address():
            return not any(parsed in network for network in REFUSED_V4)
        case IPv6Address():
            return _is_public_v6(parsed)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in GLOBAL_V6:
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return False
    return not any(address in network for network in REFUSED_V6)


def _origin(origin: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        raise _refused("the address cannot be read") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in DEFAULT_PORTS or not host or parts.query or "@" in parts.netloc:
        raise _refused("not an https address")
    return parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port


def _entry(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit("//" + text.strip().lower())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path or parts.query or parts.username is not None:
        raise ValueError(f"API_HOSTS: {text!r} is not host or host:port")
    return host.rstrip("."), port


def _refused(message: str) -> NotExecutedError:
    return NotExecutedError(message, code="host_not_allowed")
