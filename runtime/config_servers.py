"""What `config check` says of the servers that we are told to use."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import make_url

from runtime.config import Config, is_loopback

SAFE_SSL = ("require", "verify-ca", "verify-full")
Level = Literal["error", "warning", "note"]
Told = tuple[Level, str, str]  # and the variable, and what is to be said of it


def look_at_servers(config: Config) -> Iterator[Told]:
    """Database, broker, the hosts that may be called, and who can read our files."""
    yield from _database(config)
    yield from _broker(config)
    yield from _api_hosts(config)
    yield from _readable(config)


def is_database_elsewhere(database_url: str) -> bool:
    """Whether the database is a server on another machine, which several hosts may share."""
    url = make_url(database_url)
    hosts = [str(host) for host in (url.host, *url.normalized_query.get("host", ())) if host]
    return any(not host.startswith("/") and not is_loopback(host) for host in hosts)


def _database(config: Config) -> Iterator[Told]:
    url = make_url(config.database_url)
    if not is_database_elsewhere(config.database_url):
        return
    if str(url.query.get("sslmode", "")) not in SAFE_SSL:
        text = "is on another machine without sslmode=require or better: calls may travel openly"
        yield "warning", "DATABASE_URL", text
    if not url.password and "passfile" not in url.query and "sslcert" not in url.query:
        yield "note", "DATABASE_URL", "names no password: the server has to know us otherwise"


def _broker(config: Config) -> Iterator[Told]:
    parts = urlsplit(config.redis_url or "")
    host = parts.hostname or ""
    if not host or is_loopback(host):
        return
    if config.is_sqlite:
        text = "is SQLite, which only this machine can use, but the broker is for several"
        yield "error", "DATABASE_URL", text
    if not parts.password:
        level: Level = "error" if _is_public(host) else "warning"
        yield level, "REDIS_URL", "has no password: whoever reaches it can stop the work"
    elif parts.scheme == "redis":
        yield "warning", "REDIS_URL", "is not rediss://: its password travels openly"


def _api_hosts(config: Config) -> Iterator[Told]:
    if config.demo:
        return
    for named in config.api_hosts:
        host = urlsplit(f"//{named}").hostname or ""
        if is_loopback(host):
            yield (
                "warning",
                "API_HOSTS",
                f"{host} is this machine itself: is it meant to be called?",
            )
        elif _is_no_ones(host):
            yield "error", "API_HOSTS", f"{host} is no vendor's address: keys would be sent there"
        elif "." not in host and ":" not in host:
            yield "warning", "API_HOSTS", f"{host} is a bare name: any search domain may answer"


def _readable(config: Config) -> Iterator[Told]:
    """The database holds people's numbers; a folder that others may enter shows it to them."""
    folder = config.instance_dir
    if not folder.is_dir() or not stat.S_IMODE(folder.stat().st_mode) & 0o011:
        return
    path = Path(make_url(config.database_url).database or "") if config.is_sqlite else folder / "-"
    for each in (path, path.with_name(f"{path.name}-wal")):
        if each.is_file() and stat.S_IMODE(each.stat().st_mode) & 0o044:
            yield "error", "INSTANCE_DIR", f"{each.name} can be read by others, chmod 600 it"


def _is_public(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_global


def _is_no_ones(host: str) -> bool:
    """Addresses of nobody in particular, or of the machine's own provider (metadata)."""
    address = _address(host)
    return address is not None and bool(
        address.is_unspecified or address.is_link_local or address.is_multicast
    )


def _address(host: str) -> Any:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
