"""Sends one operation of the CRM and reads its answer: address, key, body, errors, observer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlencode

from clients.behomes_errors import error_of_status, error_of_words
from clients.error_shapes import read_json, told_error
from clients.errors import AmbiguousError, ClientError, KeyRefusedError, NotFoundError
from clients.http import Http, OnReply
from clients.masking import mask_target
from clients.replies import Reply
from clients.wire import Operation, Wire
from clients.wire_codec import form_body

# operation, method, path (no key, query values masked), status or None, milliseconds, error code
Observer = Callable[[str, str, str, int | None, float, str | None], None]
Query = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Requests:
    """How this client reaches this CRM account. Not to be shown: `api_key` is a secret."""

    wire: Wire
    http: Http
    base_url: str
    api_key: str
    on_request: Observer | None = None

    def __repr__(self) -> str:
        return f"Requests({self.base_url!r})"

    def observed(self, on_request: Observer) -> Requests:
        return replace(self, on_request=on_request)

    def heard(self, on_reply: OnReply) -> Requests:
        return replace(self, http=self.http.heard(on_reply))

    def send(
        self,
        name: str,
        *,
        timeout: float,
        item: str = "",
        query: Query = (),
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON of the answer; None for an empty one, where that is no error.

        `name` is an operation of the data file, `item` the id or reference in its path, `query`
        our parameter names with values.
        """
        operation = self.wire.operations[name]
        target = self._target(operation, item, query)
        began = perf_counter()
        status, code = None, None
        try:
            reply = self._exchange(operation, target, body, timeout)
            status = reply.status
            return self._data(operation, reply)
        except ClientError as error:
            status, code = error.status, error.code
            raise
        finally:
            if self.on_request:
                took = (perf_counter() - began) * 1000
                shown = mask_target(target)
                self.on_request(name, operation.method, shown, status, took, code)

    def _exchange(
        self, operation: Operation, target: str, body: Mapping[str, Any] | None, timeout: float
    ) -> Reply:
        url, headers = self._with_key(self.base_url.rstrip("/") + target)
        content = None
        if body is not None:
            is_form = self.wire.body == "form"
            content = form_body(body) if is_form else json.dumps(body).encode()
            kind = "x-www-form-urlencoded" if is_form else "json"
            headers["Content-Type"] = f"application/{kind}"
        return self.http.send(operation.method, url, headers=headers, body=content, timeout=timeout)

    def _target(self, operation: Operation, item: str, query: Query) -> str:
        path = operation.path
        if "{" in path:
            if item in ("", ".", ".."):  # no id, and a step in a path
                raise NotFoundError("there is no such id")
            start, _, rest = path.partition("{")
            path = start + quote(item, safe="") + rest.partition("}")[2]
        pairs = [(operation.query.get(name, name), value) for name, value in query]
        return self.wire.prefix + path + (f"?{urlencode(pairs)}" if pairs else "")

    def _with_key(self, url: str) -> tuple[str, dict[str, str]]:
        key, headers = self.api_key, {"Accept": "application/json"}
        if self.wire.key_place == "query":
            sign = "&" if "?" in url else "?"
            return f"{url}{sign}{self.wire.key_name}={quote(key, safe='')}", headers
        if not key.isascii() or not key.isprintable() or not key.strip():
            raise KeyRefusedError("the key holds signs that cannot be sent")
        if self.wire.key_place == "bearer":
            headers["Authorization"] = f"Bearer {key}"
        else:
            headers[self.wire.key_name] = key
        return url, headers

    def _data(self, operation: Operation, reply: Reply) -> Any:
        is_account = operation.name == "account"
        secrets = (self.api_key, quote(self.api_key, safe=""))
        words = self.wire.errors
        if not 200 <= reply.status < 300:
            raise error_of_status(reply, words, is_account=is_account, secrets=secrets)
        is_create = operation.name.startswith("create_")
        if not reply.body.strip():
            return self._nothing(operation, reply)
        try:
            data = read_json(reply.body)
        except ValueError:
            data = None
        if data is None:
            raise _unreadable("the answer is not JSON", reply, is_create=is_create)
        told = told_error(data, content_type=reply.headers.get("content-type", ""))
        if told is None:
            return data
        error = error_of_words(told, reply, words, is_account=is_account, secrets=secrets)
        # A 200 that carries an error does not prove that nothing was created.
        raise _unreadable(error.message, reply, error.vendor_code) if is_create else error

    def _nothing(self, operation: Operation, reply: Reply) -> None:
        is_create = operation.name.startswith("create_")
        if is_create or operation.method == "GET":
            raise _unreadable("the answer is empty", reply, is_create=is_create)


def _unreadable(
    message: str, reply: Reply, vendor_code: str | None = None, *, is_create: bool = True
) -> AmbiguousError:
    code = "unreadable" if is_create else "unexpected_answer"
    return AmbiguousError(message, code=code, status=reply.status, vendor_code=vendor_code)
