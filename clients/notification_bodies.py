"""The body of a notification as names and values: JSON, also broken in known ways; form; query."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from clients.notification_members import EVERY_NAME, MEMBERS, read_list

LONGEST_NAME = max(map(len, EVERY_NAME))
LAST_LETTERS = frozenset(name[-1] for name in EVERY_NAME)


class UnreadableError(Exception):
    """A notification that cannot be read; `code` is a word, the message a sentence.

    Codes: `empty`, `undecodable`, `invalid_json`, `not_an_object`, `no_call_session_id`.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def read_body(body: bytes) -> dict[str, Any]:
    """The members of a body, whatever its content type claims. Raises UnreadableError."""
    text = _decoded(body).strip().lstrip("\ufeff")
    if not text:
        return {}
    if text.startswith("{"):
        return _json_object(text)
    if "=" in text and text[0] not in '["':
        return _members(text.split("&"))
    raise UnreadableError("not_an_object", "The body is neither a JSON object nor a form.")


def read_query(query: bytes | str) -> dict[str, Any]:
    """The members of a query string, also where a `&` was lost. Raises UnreadableError."""
    text = _decoded(query) if isinstance(query, bytes) else query
    return _members([pair for part in text.split("&") for pair in _separated(part)])


def _decoded(received: bytes) -> str:
    try:
        return received.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError("undecodable", "The text is not UTF-8.") from error


# Control characters inside texts are accepted; admins paste them.
_DECODER = json.JSONDecoder(strict=False)
_LONG_NUMBERS = json.JSONDecoder(strict=False, parse_int=str)


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = _decode(text)
    except ValueError:
        found = _repaired_json(text)
    except RecursionError as error:
        raise UnreadableError("invalid_json", "The JSON is nested too deeply.") from error
    if not isinstance(found, dict):
        raise UnreadableError("not_an_object", "The JSON is not an object.")
    return found


def _repaired_json(text: str) -> Any:
    try:
        return _decode(_repaired(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("invalid_json", "The body is not valid JSON.") from error


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number with more digits than Python reads
        return _LONG_NUMBERS.decode(text)


_TWICE_QUOTED = re.compile(
    r'(?<=[\s:,\[])""(?!\s*[,}\]:])((?:[^"\\]|\\.)*)""(?=\s*[,}\]])', re.DOTALL
)
_QUOTED_LIST = re.compile(r'(?<=[\s:])"(\[[^\[\]]*\])"(?=\s*[,}])')


# Strings are matched first, an unclosed one to the end, so that nothing is replaced inside them
# and the time stays linear.
_BARE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|\{\{[^{}"]*\}\}|:(?=\s*[,}])', re.DOTALL)


def _repaired(text: str) -> str:
    """Mend what happens when placeholders are quoted by hand or stay unresolved (4.2).

    `""text""` becomes `"text"`, `"["a","b"]"` a list, a bare `{{name}}` and a missing value null.
    """
    text = _QUOTED_LIST.sub(r"\1", _TWICE_QUOTED.sub(r'"\1"', text))
    return _BARE.sub(_resolved, text)


def _resolved(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith("{{"):
        return "null"
    return ":null" if found == ":" else found


_NESTED = re.compile(r"\w+(?:\[(\w+)\]|\.(\w+))(?:\[\])?", re.ASCII)


def _members(pairs: list[str]) -> dict[str, Any]:
    """Names and values of `name=value` pairs; a repeated list member gathers its values."""
    members: dict[str, Any] = {}
    for pair in pairs:
        name, _, encoded = pair.partition("=")
        name, value = _flat(_unquoted(name)), _unquoted(encoded)
        if MEMBERS.get(name) is read_list and name in members:
            members[name] = [*_as_list(members[name]), *_as_list(value)]
        elif value or name not in members:
            members[name] = value
    return members


def _as_list(value: Any) -> list[Any]:
    return list(read_list(value) or ())  # type: ignore[arg-type]


def _flat(name: str) -> str:
    """`call_info[direction]`, `call_info.direction` are `direction`; `tag_ids[]` is `tag_ids`."""
    nested = _NESTED.fullmatch(name)
    return (nested[1] or nested[2]) if nested else name.strip().removesuffix("[]")


def _unquoted(encoded: str) -> str:
    try:
        return unquote_to_bytes(encoded.replace("+", " ")).decode()
    except UnicodeError as error:
        raise UnreadableError("undecodable", "The text is not UTF-8.") from error


def _separated(pair: str) -> list[str]:
    """Split where a `&` was lost: before a known member name followed by `=` inside a value.

    The sibling brand's default template loses one (4.2).
    """
    name, *rest = pair.split("=")
    pairs, value = [], None
    for part in rest:
        if value is not None:
            lost = _known_ending(value)
            if lost:
                pairs.append(f"{name}={value[: -len(lost)]}")
                name, value = lost, None
        value = part if value is None else f"{value}={part}"
    return [*pairs, name if value is None else f"{name}={value}"]


def _known_ending(value: str) -> str | None:
    """The longest known member name that a text ends with."""
    if value[-1:] not in LAST_LETTERS:
        return None
    longest = min(LONGEST_NAME, len(value))
    endings = (value[-length:] for length in range(longest, 0, -1))
    return next((ending for ending in endings if ending in EVERY_NAME), None)
