"""What the test of a connection found: four named checks, and what went wrong, as it is stored.

The words for people are made where it is shown (`blueprints/connection_words.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from clients.errors import ClientError
from models.base import from_ms, to_ms


class System(StrEnum):
    BEHOMES = "behomes"
    CALLGEAR = "callgear"


class CheckName(StrEnum):
    """The address answers; the key is accepted; its rights suffice; the clocks agree."""

    ADDRESS = "address"
    KEY = "key"
    RIGHTS = "rights"
    CLOCK = "clock"


class Verdict(StrEnum):
    """`OPEN`: not reached, because something before it failed, or the other side does not tell."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


class Kind(StrEnum):
    """Kinds of trouble, each with its own message and advice."""

    NO_CONNECTION = "no_connection"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    LIMITED = "limited"
    KEY_REFUSED = "key_refused"
    IP_REFUSED = "ip_refused"
    ACCOUNT_INACTIVE = "account_inactive"
    NO_RIGHTS = "no_rights"
    UNEXPECTED = "unexpected"
    HOST_NOT_ALLOWED = "host_not_allowed"
    OTHER_ACCOUNT = "other_account"


# Nothing is known of the key then: it may be stored without the test, if nothing depends on it yet.
OF_THE_WAY = frozenset({Kind.NO_CONNECTION, Kind.TIMEOUT, Kind.SERVER_ERROR, Kind.LIMITED})

# The key itself is wrong: there is no use in keeping what was typed.
OF_THE_KEY = frozenset({Kind.KEY_REFUSED, Kind.OTHER_ACCOUNT})

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("cannot_connect", "cannot_resolve", "tls_failed", "connection_lost"), Kind.NO_CONNECTION
    ),
    **dict.fromkeys(("timeout", "connect_timeout"), Kind.TIMEOUT),
    **dict.fromkeys(("host_not_allowed", "address_not_allowed"), Kind.HOST_NOT_ALLOWED),
    **dict.fromkeys(("rate_limited", "points_exhausted"), Kind.LIMITED),
    **dict.fromkeys(("forbidden", "component_disabled"), Kind.NO_RIGHTS),
    "server_error": Kind.SERVER_ERROR,
    "invalid_auth": Kind.KEY_REFUSED,
    "ip_not_allowed": Kind.IP_REFUSED,
    "account_inactive": Kind.ACCOUNT_INACTIVE,
    "other_account": Kind.OTHER_ACCOUNT,
}


@dataclass(frozen=True)
class Check:
    """One check; `ms` is how long it took, None where nothing was asked for it."""

    name: CheckName
    verdict: Verdict = Verdict.OPEN
    ms: int | None = None


@dataclass(frozen=True)
class Trouble:
    """What went wrong. `missing` names what may not be read; `code` is our word for the error."""

    kind: Kind
    code: str = ""
    message: str = ""
    status: int | None = None
    retry_after: int | None = None
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: ClientError) -> Trouble:
        kind = KINDS.get(error.code, Kind.UNEXPECTED)
        wait = None if error.retry_after is None else max(1, round(error.retry_after))
        return cls(kind, error.code, error.message[:200], error.status, wait)


@dataclass(frozen=True)
class Result:
    """What one system said. `people` is how many employees were seen, at least if `is_more`;
    `skew_seconds` how far its clock is ahead of ours. `at` is set when the result is stored."""

    checks: tuple[Check, ...]
    trouble: Trouble | None = None
    account_id: str | None = None
    account_name: str | None = None
    people: int | None = None
    is_more: bool = False
    skew_seconds: int | None = None
    ms: int = 0
    at: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether the connection can be used; clocks that differ are only told."""
        return self.trouble is None

    def as_json(self, at: datetime) -> dict[str, Any]:
        return {**asdict(self), "at": to_ms(at)}

    def with_trouble(self, trouble: Trouble) -> Result:
        return replace(self, trouble=trouble)


def read_result(stored: Mapping[str, Any] | None) -> Result | None:
    """A stored result; None where nothing was tested yet."""
    if not stored:
        return None
    known = dict(stored)
    known["checks"] = tuple(
        Check(CheckName(each["name"]), Verdict(each["verdict"]), each["ms"])
        for each in known["checks"]
    )
    if told := known["trouble"]:
        known["trouble"] = Trouble(
            **{**told, "kind": Kind(told["kind"]), "missing": tuple(told["missing"])}
        )
    known["at"] = from_ms(known["at"])
    return Result(**known)
