"""Understands what the CRM says when something is wrong: docs/behomes.md 4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from clients.error_shapes import Told, read_error_object, read_json, told_error
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ClientError,
    ErrorDetail,
    ForbiddenError,
    KeyRefusedError,
    NotExecutedError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)
from clients.masking import mask_text
from clients.replies import Reply
from clients.wire import ErrorWords

MAX_RETRY_AFTER = 24 * 3600.0

Kind = tuple[type[ClientError], str]
OF_STATUS: Mapping[int, Kind] = {
    401: (KeyRefusedError, "invalid_auth"),
    403: (ForbiddenError, "forbidden"),
    404: (NotFoundError, "not_found"),
    408: (AmbiguousError, "timeout"),
    409: (AlreadyThereError, "already_there"),
    410: (NotFoundError, "not_found"),
    425: (NotExecutedError, "rate_limited"),
    429: (RateLimitedError, "rate_limited"),
}
OF_WORD: Mapping[str, Kind] = {
    "auth": (KeyRefusedError, "invalid_auth"),
    "forbidden": (ForbiddenError, "forbidden"),
    "not_found": (NotFoundError, "not_found"),
    "duplicate": (AlreadyThereError, "already_there"),
    "limit": (RateLimitedError, "rate_limited"),
    "temporary": (AmbiguousError, "server_error"),
}


def error_of_status(
    reply: Reply, words: ErrorWords, *, is_account: bool = False, secrets: Iterable[str] = ()
) -> ClientError:
    """The error that an answer with a status other than 2xx is."""
    told = _told_of(reply)
    kind, code = _kind_of_status(reply.status, told, words, is_account=is_account)
    return _made(kind, code, told, reply, secrets)


def error_of_words(
    told: Told, reply: Reply, words: ErrorWords, *, is_account: bool = False, secrets: Iterable[str]
) -> ClientError:
    """The error that an answer of status 200 carries, told apart by its code."""
    kind, code = _kind_of_words(told, words, is_account=is_account)
    return _made(kind, code, told, reply, secrets)


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date; at most a day."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now or datetime.now(UTC))
    if seconds != seconds:  # NaN: not a time, or a text that is neither
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _kind_of_status(status: int, told: Told, words: ErrorWords, *, is_account: bool) -> Kind:
    if status == 403 and is_account:
        return KeyRefusedError, "invalid_auth"
    if status == 503 and _speaks_of_limit(told, words):
        return RateLimitedError, "rate_limited"
    if status in OF_STATUS:
        return OF_STATUS[status]
    if status >= 500:
        return AmbiguousError, "server_error"
    return (RefusedError, "refused") if status >= 400 else (AmbiguousError, "unexpected_answer")


def _kind_of_words(told: Told, words: ErrorWords, *, is_account: bool) -> Kind:
    named = words.codes.get(told.code.lower(), "")
    if named == "forbidden" and is_account:
        named = "auth"
    return OF_WORD.get(named, (RefusedError, "refused"))


def _made(
    kind: type[ClientError], code: str, told: Told, reply: Reply, secrets: Iterable[str]
) -> ClientError:
    hidden = tuple(secrets)
    details = tuple(
        ErrorDetail(*(mask_text(text, hidden) for text in (one.field, one.code, one.message)))
        for one in told.details
    )
    return kind(
        mask_text(told.message or told.code, hidden),
        code=code,
        status=reply.status,
        retry_after=retry_after(reply.headers.get("retry-after")),
        details=details,
        vendor_code=mask_text(told.code, hidden) or None,
    )


def _told_of(reply: Reply) -> Told:
    try:
        data = read_json(reply.body)
    except ValueError:
        return Told(message=_plain_text(reply))
    content_type = reply.headers.get("content-type", "")
    told = told_error(data, content_type=content_type)
    if told is None and isinstance(data, Mapping):
        told = read_error_object(data, {})
    return told or Told()


def _plain_text(reply: Reply) -> str:
    is_text = reply.headers.get("content-type", "").startswith("text/plain")
    return reply.body[:2000].decode("utf-8", "replace") if is_text else ""


def _speaks_of_limit(told: Told, words: ErrorWords) -> bool:
    said = f"{told.code} {told.message}".lower()
    return any(sign in said for sign in words.limit_signs)


def _seconds_until(text: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return float("nan")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
