"""Turns bodies and values in our words into the CRM's, and back, as the data file says."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

logger = logging.getLogger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRUE = frozenset({"true", "1", "yes", "on", "active"})


@dataclass(frozen=True, slots=True)
class Field:
    """A member: our name, where the CRM has it (None = nowhere, () = flat), what it holds."""

    name: str
    path: tuple[str, ...] | None
    sort: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Codec:
    """Object -> its fields, enumeration -> its words, and the format of times."""

    time_format: str
    objects: Mapping[str, Mapping[str, Field]]
    words: Mapping[str, Mapping[str, str | int]]

    def encode(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A body in the CRM's words; only members that are present. ValueError: not our words."""
        encoded: dict[str, Any] = {}
        self._encode_into(encoded, name, body)
        return encoded

    def decode(self, name: str, data: Any) -> dict[str, Any]:
        """Our name -> value, None for what is absent or cannot be read; {} for no object.

        Ids and texts are text, times aware, lists tuples, nested objects dictionaries.
        """
        if not isinstance(data, Mapping):
            return {}
        return {
            field.name: self._decode_value(field, look_up(data, field.path))
            for field in self.objects[name].values()
        }

    def time(self, text: str) -> int | str:
        """A moment as the CRM wants it, of ISO 8601 text with an offset."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text} has no offset")
        if self.time_format == "iso8601":
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
        return milliseconds if self.time_format == "epoch_ms" else milliseconds // 1000

    def word(self, words: str, ours: str) -> str | int:
        """The CRM's word for ours. Raises ValueError if it is not one of ours."""
        theirs = self.words[words].get(ours)
        if theirs is None:
            raise ValueError(f"{ours!r} is not a word of {words}")
        return theirs

    def _encode_into(self, encoded: dict[str, Any], name: str, body: Mapping[str, Any]) -> None:
        fields = self.objects[name]
        for key, value in body.items():
            field = fields.get(key)
            if field is None:
                raise ValueError(f"{name} has no member {key!r}")
            if field.path:
                _put(encoded, field.path, self._encode_value(field, value))
            elif field.path == () and value is not None:
                self._encode_into(encoded, field.of, value)

    def _encode_value(self, field: Field, value: Any) -> Any:
        if value is None:
            return None
        match field.sort:
            case "time":
                return self.time(value)
            case "word":
                return self.word(field.of, value)
            case "object":
                return self.encode(field.of, value)
            case "objects":
                return [self.encode(field.of, one) for one in value]
            case _:
                return list(value) if isinstance(value, tuple) else value

    def _decode_value(self, field: Field, value: Any) -> Any:
        match field.sort:
            case "id" | "text":
                return as_text(value)
            case "texts":
                return as_texts(value)
            case "flag":
                return as_flag(value)
            case "number":
                return as_number(value)
            case "time":
                return self._moment(value)
            case "word":
                return self._our_word(field, value)
            case "object":
                return self.decode(field.of, value)
            case "objects":
                return self._decode_list(field, value)
            case "json":
                return dict(value) if isinstance(value, Mapping) else {}
            case _:
                raise ValueError(f"unknown kind {field.sort!r}")

    def _decode_list(self, field: Field, value: Any) -> tuple[dict[str, Any], ...]:
        rows = value if isinstance(value, list) else ()
        return tuple(self.decode(field.of, one) for one in rows if isinstance(one, Mapping))

    def _our_word(self, field: Field, value: Any) -> str | None:
        text = as_text(value)
        if text is None:
            return None
        for ours, theirs in self.words[field.of].items():
            if str(theirs).lower() == text.lower():
                return ours
        logger.warning("the CRM uses %r for %s, which we do not know", text[:40], field.of)
        return None

    def _moment(self, value: Any) -> datetime | None:
        """A time in the agreed format or, rather than none, in another that can be told."""
        text = as_text(value)
        if text is None:
            return None
        with contextlib.suppress(ValueError, OverflowError):
            return self._from_epoch(float(text))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            logger.warning("the CRM sent a time that cannot be read")
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)

    def _from_epoch(self, number: float) -> datetime:
        milliseconds = number * 1000 if self.time_format == "epoch_s" else number
        return EPOCH + timedelta(milliseconds=milliseconds)


def look_up(data: Any, path: tuple[str, ...] | None) -> Any:
    """What stands at a path; None if there is nothing. () is the thing itself."""
    if path is None:
        return None
    for step in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(step)
    return data


def as_text(value: Any) -> str | None:
    """Text of a text or number (ids beyond 2^53 stay exact); None for "" and everything else."""
    if isinstance(value, str):
        return _storable(value) or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _storable(text: str) -> str:
    """Without NUL and lone surrogates, which JSON can hold and a database cannot."""
    if not text.isascii():
        text = text.encode("utf-8", "ignore").decode()
    return text.replace("\0", "") if "\0" in text else text


def as_texts(value: Any) -> tuple[str, ...]:
    """The texts of a list, or of a single text."""
    rows = value if isinstance(value, list) else [value]
    return tuple(text for text in map(as_text, rows) if text)


def as_number(value: Any) -> int | None:
    text = as_text(value)
    try:
        return None if text is None else int(float(text))
    except (ValueError, OverflowError):
        return None


def as_flag(value: Any) -> bool | None:
    if isinstance(value, bool) or value is None:
        return value
    return str(value).lower() in TRUE


def form_body(body: Mapping[str, Any]) -> bytes:
    """A body as a form: `source[channel]=phone&phones[0]=...`; null is empty."""
    return urlencode(_form_pairs("", body)).encode()


def _form_pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        rows = value.items()
    elif isinstance(value, list):
        rows = ((str(index), one) for index, one in enumerate(value))  # type: ignore[assignment]
    else:
        return [(name, _form_text(value))]
    pairs = []
    for key, one in rows:
        pairs += _form_pairs(f"{name}[{key}]" if name else key, one)
    return pairs


def _form_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        inner = data.get(step)
        if not isinstance(inner, dict):
            inner = data[step] = {}
        data = inner
    data[path[-1]] = value
