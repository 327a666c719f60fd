"""The shapes in which other systems say that something is wrong, read into one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clients.errors import ErrorDetail
from clients.wire_codec import as_text

MAX_DETAILS = 20
CODE_NAMES = ("code", "error_code", "type", "status")
MESSAGE_NAMES = ("message", "msg", "detail", "error_description", "description", "title")
FIELD_NAMES = ("field", "name", "param", "path", "pointer")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says about an error; all of it may be empty."""

    code: str = ""
    message: str = ""
    details: tuple[ErrorDetail, ...] = ()


def read_json(body: bytes) -> Any:
    """The JSON of an answer. Raises ValueError if it is none."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def told_error(data: Any, *, content_type: str = "") -> Told | None:
    """The error that an answer carries, in any of the known shapes; None if it carries none.

    Known: `error` as object, text or flag, `errors` as list or mapping, `success: false`,
    `status: "error"` with a message, and problem+json.
    """
    if not isinstance(data, Mapping):
        return None
    error, errors = data.get("error"), data.get("errors")
    if isinstance(error, Mapping):
        return read_error_object(error, data)
    if error:
        return _from_text(error, data)
    if errors:
        return read_error_object({**data, "details": errors}, {})
    is_problem = content_type.startswith("application/problem+json")
    if is_problem or _says_no(data):
        return read_error_object(data, {})
    return None


def read_error_object(error: Mapping[str, Any], outer: Mapping[str, Any]) -> Told:
    """What an object says of an error; a message may also stand in the object around it."""
    raw = next((error[name] for name in ("details", "errors", "fields") if error.get(name)), None)
    if raw is None and not isinstance(error.get("detail"), str):
        raw = error.get("detail")
    details = _details(raw)
    code = _first(error, CODE_NAMES) or (details[0].code if details else "")
    message = _first(error, MESSAGE_NAMES) or _first(outer, MESSAGE_NAMES)
    return Told(code, message or (details[0].message if details else ""), details)


def _from_text(error: Any, outer: Mapping[str, Any]) -> Told:
    text = error if isinstance(error, str) else ""
    is_code = bool(text) and " " not in text
    rest = {name: value for name, value in outer.items() if name != "error"}
    told = read_error_object(rest, {})
    code = text if is_code else told.code
    return Told(code, told.message or text, told.details)


def _says_no(data: Mapping[str, Any]) -> bool:
    for name in ("success", "ok"):
        if name in data and str(data[name]).lower() in ("false", "0", "no"):
            return True
    has_message = bool(_first(data, MESSAGE_NAMES))
    return has_message and str(data.get("status")).lower() in ("error", "fail")


def _details(raw: Any) -> tuple[ErrorDetail, ...]:
    if isinstance(raw, Mapping):
        rows = list(raw.items())[:MAX_DETAILS]
        return tuple(ErrorDetail(str(field), "", _joined(texts)) for field, texts in rows)
    if isinstance(raw, list):
        return tuple(_detail(one) for one in raw[:MAX_DETAILS])
    return ()


def _detail(one: Any) -> ErrorDetail:
    if not isinstance(one, Mapping):
        return ErrorDetail("", "", as_text(one) or "")
    source = one.get("source")
    inner = source if isinstance(source, Mapping) else {}
    field = _first(one, FIELD_NAMES) or _first(inner, FIELD_NAMES) or _joined(one.get("loc"), ".")
    return ErrorDetail(field, _first(one, CODE_NAMES), _first(one, MESSAGE_NAMES))


def _first(data: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((text for name in names if (text := as_text(data.get(name)))), "")


def _joined(texts: Any, sign: str = "; ") -> str:
    rows = texts if isinstance(texts, list) else [texts]
    return sign.join(text for text in map(as_text, rows) if text)
