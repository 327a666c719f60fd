"""What `config check` says: the effective configuration, and what is weak about it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal
from urllib.parse import urlsplit

from runtime.config import VENDOR_HOSTS, Config, is_loopback
from runtime.config_servers import Level, is_database_elsewhere, look_at_servers
from runtime.masking import mask_text

SECRET_FIELDS = frozenset({"secret_key", "old_secret_keys", "encryption_keys"})
SHORTEST_SECRET = 32
FEWEST_SIGNS = 10
KNOWN_WORDS = ("changeme", "change-me", "secret", "password", "default", "example", "development")
KEY_FILES = ("secret_key", "encryption_keys")


@dataclass(frozen=True)
class Finding:
    """One remark; an `error` is what `config check` refuses."""

    level: Level
    variable: str
    text: str


def check(config: Config) -> list[Finding]:
    """Everything worth saying about this configuration. Reads the modes of the key files."""
    findings = [*_secrets(config), *_addresses(config), *_files(config)]
    findings += [Finding(*each) for each in look_at_servers(config)]
    findings += _demo(config) if config.demo else _production(config)
    return findings


def effective(config: Config) -> dict[str, Any]:
    """The values in use, with secrets and passwords masked; ready for JSON."""
    shown: dict[str, Any] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        match value:
            case _ if field.name in SECRET_FIELDS:
                shown[field.name] = "***"
            case str():
                shown[field.name] = mask_text(value)
            case None | bool() | int() | tuple():
                shown[field.name] = value
            case _:
                shown[field.name] = str(value)
    return shown


def _secrets(config: Config) -> Iterator[Finding]:
    level: Literal["error", "warning"] = "warning" if config.demo else "error"
    key = config.secret_key
    if len(key) < SHORTEST_SECRET:
        yield Finding(level, "SECRET_KEY", f"has fewer than {SHORTEST_SECRET} characters")
    elif len(set(key)) < FEWEST_SIGNS or key.lower().startswith(KNOWN_WORDS):
        yield Finding(level, "SECRET_KEY", "can be guessed")
    if any(len(each) < SHORTEST_SECRET for each in config.old_secret_keys):
        yield Finding(level, "OLD_SECRET_KEYS", "still count, and one of them is short")
    if any(len(set(one)) < FEWEST_SIGNS for one in config.encryption_keys):
        yield Finding(level, "ENCRYPTION_KEYS", "can be guessed")


def _addresses(config: Config) -> Iterator[Finding]:
    level: Literal["error", "warning"] = "warning" if config.demo else "error"
    address = urlsplit(config.public_base_url)
    is_open = not is_loopback(config.host)
    if address.scheme == "http" and not is_loopback(address.hostname or ""):
        yield Finding(level, "PUBLIC_BASE_URL", "is http: logins and calls would travel openly")
    elif address.scheme == "http" and is_open:
        yield Finding(level, "HOST", "is open to the network without an https PUBLIC_BASE_URL")


def _files(config: Config) -> Iterator[Finding]:
    for name in KEY_FILES:
        path = config.instance_dir / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("error", "INSTANCE_DIR", f"{name} can be read by others, chmod 600 it")


def _demo(config: Config) -> Iterator[Finding]:
    is_open = not is_loopback(config.host)
    is_public = not is_loopback(urlsplit(config.public_base_url).hostname or "")
    if is_open or is_public:
        yield Finding("error", "DEMO", "is on, with a known login, at an address others can reach")


def _production(config: Config) -> Iterator[Finding]:
    if is_loopback(urlsplit(config.public_base_url).hostname or ""):
        yield Finding("warning", "PUBLIC_BASE_URL", "is local: CallGear cannot reach the webhooks")
    if config.is_sqlite:
        yield Finding("note", "DATABASE_URL", "is SQLite: good for one machine and modest traffic")
    if config.redis_url is None:
        yield Finding("note", "REDIS_URL", "is not set: a broker is found or started by itself")
    if set(config.api_hosts) - set(VENDOR_HOSTS):
        yield Finding("note", "API_HOSTS", "names hosts that are not the vendors'")
    if any((config.instance_dir / name).exists() for name in KEY_FILES):
        yield Finding("note", "INSTANCE_DIR", "holds generated keys: keep a copy in a safe place")
    if is_database_elsewhere(config.database_url):
        yield from _several_hosts(config)


def _several_hosts(config: Config) -> Iterator[Finding]:
    """What must be the same on all machines that share a database."""
    generated = "is generated on this machine, but the database is on another: give it to each host"
    given = {"secret_key": config.secret_key, "encryption_keys": config.encryption_keys[0]}
    for name, newest in given.items():
        path = config.instance_dir / name
        if path.exists() and path.read_text(encoding="utf-8").split()[:1] == [newest]:
            yield Finding("error", name.upper(), generated)
    if config.redis_url is None:
        yield Finding("warning", "REDIS_URL", "is not set: hosts of one database need one broker")
    if config.recordings_dir.is_relative_to(config.instance_dir):
        yield Finding("note", "RECORDINGS_DIR", "is not set: copies could be played here only")
