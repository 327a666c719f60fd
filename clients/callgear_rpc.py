"""One JSON-RPC request to the PBX: envelope, key, errors, points, observer.

Source: docs/callgear.md 1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from clients.callgear_errors import http_error, rpc_error
from clients.error_shapes import read_json
from clients.errors import AmbiguousError, ClientError
from clients.http import Http, OnReply
from clients.replies import Reply
from clients.wire_codec import as_number
from rules.pbx import PointLimits

# operation, method, path, status or None, milliseconds, error code
Observer = Callable[[str, str, str, int | None, float, str | None], None]

HEADERS = {"Content-Type": "application/json; charset=UTF-8", "Accept": "application/json"}
CLEARED = object()  # a parameter that is sent as null; None is not sent at all
LIMIT_NAMES = tuple(one.name for one in fields(PointLimits))


@dataclass
class LastLimits:
    """The points as last told, shared by the copies of a client."""

    seen: PointLimits = field(default_factory=PointLimits)


@dataclass(frozen=True)
class Rpc:
    """One of the PBX's two APIs. Not to be shown: `token` is a secret."""

    http: Http
    url: str
    token: str
    limits: LastLimits
    on_request: Observer | None = None

    def __repr__(self) -> str:
        return f"Rpc({self.url!r})"

    def observed(self, on_request: Observer) -> Rpc:
        return replace(self, on_request=on_request)

    def heard(self, on_reply: OnReply) -> Rpc:
        return replace(self, http=self.http.heard(on_reply))

    def call(self, method: str, params: Mapping[str, Any], *, timeout: float) -> dict[str, Any]:
        """The `result` of a method, with its `metadata` in one spelling. Sent exactly once."""
        began = perf_counter()
        status, code = None, None
        try:
            reply = self._send(method, params, timeout)
            status = reply.status
            return self._result(reply)
        except ClientError as error:
            status, code = error.status, error.code
            raise
        finally:
            if self.on_request:
                took = (perf_counter() - began) * 1000
                self.on_request(method, "POST", urlsplit(self.url).path, status, took, code)

    def _send(self, method: str, params: Mapping[str, Any], timeout: float) -> Reply:
        given = {
            name: None if value is CLEARED else value
            for name, value in params.items()
            if value is not None
        }
        body = {
            "jsonrpc": "2.0",
            "id": uuid4().hex,
            "method": method,
            "params": {"access_token": self.token, **given},
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        return self.http.send("POST", self.url, headers=HEADERS, body=content, timeout=timeout)

    def _result(self, reply: Reply) -> dict[str, Any]:
        try:
            data = read_json(reply.body)
        except ValueError:
            data = None
        answer = data if isinstance(data, dict) else {}
        error, result = answer.get("error"), answer.get("result")
        if isinstance(error, Mapping):
            self._note_limits(error.get("data"))
            raise rpc_error(error, status=reply.status, secrets=(self.token,))
        if reply.status != 200:
            raise http_error(reply)
        if not isinstance(result, dict):
            raise AmbiguousError("no result in the answer", code="unexpected_answer", status=200)
        # get.account is documented with `meta_data`, all others with `metadata`.
        metadata = result.get("metadata") or result.get("meta_data")
        self._note_limits({"metadata": metadata})
        return {**result, "metadata": metadata if isinstance(metadata, Mapping) else {}}

    def _note_limits(self, holder: Any) -> None:
        metadata = holder.get("metadata") if isinstance(holder, Mapping) else None
        told = metadata.get("limits") if isinstance(metadata, Mapping) else None
        if isinstance(told, Mapping) and told:
            self.limits.seen = PointLimits(
                **{name: as_number(told.get(name)) for name in LIMIT_NAMES}
            )


def created_id(result: Mapping[str, Any]) -> Any:
    """The id of a create: `result.data.id`, or `result.id` of older methods."""
    data = result.get("data")
    return data.get("id") if isinstance(data, Mapping) else result.get("id")
