"""What the PBX's mnemonics mean. Codes are only groups: docs/callgear.md 1.7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clients.behomes_errors import retry_after
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ClientError,
    ErrorDetail,
    ForbiddenError,
    KeyRefusedError,
    LimitExceeded,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)
from clients.masking import mask_text
from clients.replies import Reply
from clients.wire_codec import as_number, as_text

Kind = tuple[type[ClientError], str]
OF_MNEMONIC: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("access_token_invalid", "access_token_expired", "access_token_blocked", "auth_error"),
        (KeyRefusedError, "invalid_auth"),
    ),
    "ip_not_whitelisted": (KeyRefusedError, "ip_not_allowed"),
    "account_inactive": (KeyRefusedError, "account_inactive"),
    "forbidden": (ForbiddenError, "forbidden"),
    **dict.fromkeys(
        ("component_disabled", "method_component_disabled", "parameter_component_disabled"),
        (ForbiddenError, "component_disabled"),
    ),
    **dict.fromkeys(
        (
            "entity_not_found",
            "call_session_not_found",
            "employee_not_found",
            "virtual_phone_number_not_found",
        ),
        (NotFoundError, "not_found"),
    ),
    **dict.fromkeys(("duplicate_entity", "already_in_use"), (AlreadyThereError, "already_there")),
    "limit_exceeded": (LimitExceeded, "points_exhausted"),
    "internal_error": (AmbiguousError, "server_error"),
}
# For an error without a mnemonic, or with one that is new.
OF_CODE: Mapping[int, Kind] = {
    -32001: (KeyRefusedError, "invalid_auth"),
    -32003: (ForbiddenError, "forbidden"),
    -32008: (ForbiddenError, "component_disabled"),
    -32009: (KeyRefusedError, "account_inactive"),
    -32029: (LimitExceeded, "points_exhausted"),
    -32603: (AmbiguousError, "server_error"),
}
LIMIT_TYPES = ("minute", "hour", "day")


def rpc_error(error: Mapping[str, Any], *, status: int, secrets: Iterable[str]) -> ClientError:
    """The error that the member `error` of an answer is; `vendor_code` is its mnemonic."""
    raw = error.get("data")
    data: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    mnemonic = as_text(data.get("mnemonic")) or ""
    kind, code = OF_MNEMONIC.get(mnemonic) or OF_CODE.get(
        as_number(error.get("code")) or 0, (RefusedError, "refused")
    )
    hidden = tuple(secrets)
    field = as_text(data.get("field"))
    made = kind(
        mask_text(as_text(error.get("message")) or mnemonic, hidden),
        code=code,
        status=status,
        details=(ErrorDetail(mask_text(field, hidden), mnemonic),) if field else (),
        vendor_code=mnemonic or None,
    )
    if isinstance(made, LimitExceeded):
        _add_reset(made, data)
    return made


def http_error(reply: Reply) -> ClientError:
    """The error that an answer without JSON-RPC is: documented nowhere, so a trouble of the way."""
    if reply.status == 429:
        wait = retry_after(reply.headers.get("retry-after"))
        return RateLimitedError("too many requests", status=429, retry_after=wait)
    code = "server_error" if reply.status >= 500 else "unexpected_answer"
    return AmbiguousError("the answer is not JSON-RPC", code=code, status=reply.status)


def _add_reset(error: LimitExceeded, data: Mapping[str, Any]) -> None:
    params, limits = _table(data, "params"), _table(_table(data, "metadata"), "limits")
    told = params.get("limit_type")
    used_up = [one for one in LIMIT_TYPES if limits.get(f"{one}_remaining") == 0]
    error.limit_type = told if told in LIMIT_TYPES else next(reversed(used_up), None)
    seconds = as_number(limits.get(f"{error.limit_type}_reset"))
    error.retry_after = None if seconds is None else float(seconds)


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}
