"""One request to the CRM while it is being answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from simulators import kit
from simulators.behomes.checks import Findings
from simulators.behomes.errors import Refusal, bad_query
from simulators.behomes.world import Account, World
from simulators.faults import Fault

Reply = tuple[int, dict[str, Any]]


@dataclass(slots=True)
class Exchange:
    """The request, who sent it, and the faults that shape its answer."""

    world: World
    request: web.Request
    operation: str
    subject: str  # table or entity that the operation is about
    identity: str  # id or external_id in the path
    account: Account
    raw: bytes = b""
    query: list[tuple[str, str]] = field(default_factory=list)
    shaping: dict[str, Fault] = field(default_factory=dict)
    force: bool = False  # insert even if it is there already

    def body(self) -> dict[str, Any]:
        """The JSON object sent. Raises a refusal for anything else."""
        if self.request.content_type != "application/json":
            raise Refusal(415, "unsupported_media_type", "send application/json")
        try:
            body = kit.loads(self.raw)
        except ValueError as error:
            raise Refusal(400, "invalid_json", "the body is not JSON") from error
        if not isinstance(body, dict):
            raise Refusal(400, "invalid_json", "the body is not an object")
        return body

    def findings(self) -> Findings:
        return Findings(self.account, self.world.config.refuse_inactive_users)

    def insist(self, found: Findings) -> None:
        """Refuse the request if anything was found wrong with it."""
        config = self.world.config
        if not found.problems and not found.gone:
            return
        if found.problems or config.deleted_status == 422:
            problems = found.problems + [(path, "unknown_value") for path in found.gone]
            raise Refusal(
                config.validation_status, "validation_failed", "the data was refused", problems
            )
        raise Refusal(
            config.deleted_status,
            "not_found",
            "a linked object does not exist any more",
            [(path, "not_found") for path in found.gone],
        )

    def parameters(self, *allowed: str) -> dict[str, list[str]]:
        """Query parameters without the key. Raises a refusal for those that are not known."""
        found: dict[str, list[str]] = {}
        for name, value in self.query:
            if name == "api_key":
                continue
            if name not in allowed:
                raise bad_query(name, "unknown_field")
            found.setdefault(name, []).append(value)
        return found


def split_target(raw_path: str) -> tuple[str, list[tuple[str, str]]]:
    """Path and query pairs of a request target."""
    path, _, query = raw_path.partition("?")
    return path, parse_qsl(query, keep_blank_values=True) if query else []


def whole(values: dict[str, list[str]], name: str, default: int, *, maximum: int) -> int:
    """A whole number from 1 to `maximum` out of the query."""
    given = values.get(name)
    if given is None:
        return default
    if len(given) != 1 or not (given[0].isascii() and given[0].isdigit()):
        raise bad_query(name, "wrong_type")
    number = int(given[0])
    if not 1 <= number <= maximum:
        raise bad_query(name, "out_of_range")
    return number
