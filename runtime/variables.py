"""Reads single variables into values and collects what is wrong with them."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

SWITCH = {"1": True, "true": True, "yes": True, "on": True} | dict.fromkeys(
    ("0", "false", "no", "off"), False
)
HOST = re.compile(r"^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:]+\]?$")
HOST_AND_PORT = re.compile(r"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$")
POSTGRES = re.compile(r"^postgres(ql)?(\+psycopg)?://")


class ConfigError(Exception):
    """Variables that cannot be used; `problems` says each in one sentence, without its value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Variables:
    """One method per kind of value. An empty variable counts as absent.

    A wrong value is noted and its default returned, so that all problems are told at once.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def raise_problems(self) -> None:
        if self._problems:
            raise ConfigError(self._problems)

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "").strip() or default

    def whole(self, name: str, default: int, *, at_least: int, at_most: int) -> int:
        text = self.text(name, str(default))
        value = int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None
        if value is None or not at_least <= value <= at_most:
            self._wrong(name, f"must be a whole number from {at_least} to {at_most}")
            return default
        return value

    def switch(self, name: str, default: bool) -> bool:
        text = self.text(name, "1" if default else "0").lower()
        if text not in SWITCH:
            self._wrong(name, "must be 1 or 0")
        return SWITCH.get(text, default)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices; the first is the default."""
        text = self.text(name, choices[0])
        if text not in choices:
            self._wrong(name, f"must be one of {', '.join(filter(None, choices))}")
            return choices[0]
        return text

    def host(self, name: str, default: str) -> str:
        text = self.text(name, default)
        if not HOST.match(text):
            self._wrong(name, "must be a host name or an address, without port or scheme")
            return default
        return text.strip("[]")

    def hosts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        found = [one.strip().lower() for one in self.text(name, ",".join(default)).split(",")]
        found = [one for one in found if one]
        if not all(HOST_AND_PORT.match(one) for one in found):
            self._wrong(name, "must be a comma list of host or host:port")
        return tuple(found)

    def base_url(self, name: str, default: str) -> str:
        text = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(text)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment or parts.username:
            self._wrong(name, "must be http://host or https://host, without query or login")
            return default
        return text

    def database_url(self, name: str, *, default: str) -> str:
        """An SQLAlchemy address; the usual spellings of PostgreSQL get psycopg 3 as driver."""
        text = self.text(name, default)
        if text.startswith("sqlite:///"):
            return text
        if not POSTGRES.match(text):
            self._wrong(name, "must begin with postgresql:// or sqlite:///")
            return default
        return POSTGRES.sub("postgresql+psycopg://", text)

    def redis_url(self, name: str) -> str | None:
        text = self.text(name, "")
        if text and not text.startswith(("redis://", "rediss://", "unix://")):
            self._wrong(name, "must begin with redis://, rediss:// or unix://")
        return text or None

    def words(self, name: str) -> tuple[str, ...]:
        """A comma list."""
        return tuple(filter(None, re.split(r"[,\s]+", self.text(name, ""))))

    def fernet_keys(self, name: str) -> tuple[str, ...]:
        found = self.words(name)
        if not all(_is_fernet_key(one) for one in found):
            self._wrong(name, "must be a comma list of Fernet keys (32 bytes, URL-safe base64)")
        return found

    def _wrong(self, name: str, problem: str) -> None:
        self._problems.append(f"{name} {problem}")


def is_loopback(host: str) -> bool:
    """True for a name or address that only this machine can reach."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_fernet_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == 32
    except (binascii.Error, ValueError):
        return False
