"""Loads and checks `clients/behomes.toml`: how the CRM is spoken to, as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.wire_codec import Codec, Field
from clients.wire_schema import (
    BODY_KINDS,
    CAPABILITIES,
    ERROR_CLASSES,
    KEY_PLACES,
    METHODS,
    NEEDED,
    OBJECTS,
    OPERATIONS,
    PAGING_STYLES,
    TIME_FORMATS,
    WORDS,
)
from clients.wire_table import Table, WireError

__all__ = ["Wire", "WireError", "check_wire", "load_wire"]

BEHOMES_TOML = Path(__file__).with_name("behomes.toml")
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
PATH = re.compile(r"(/([A-Za-z0-9._~-]+|\{[a-z]+\}))+")
QUERY_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]+")
HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
MAX_PAGE_SIZE = 1000

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A request of the CRM: `path` holds `{id}` or `{reference}`, `query` our name -> theirs."""

    name: str
    method: str
    path: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    item: Steps
    list: Steps
    created_id: Steps
    created_flag: Steps | None


@dataclass(frozen=True, slots=True)
class Paging:
    style: str
    page: str
    offset: str
    cursor: str
    size: str
    first_page: int
    objects_per_page: int
    max_pages: Steps | None
    next_cursor: Steps | None


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """Class -> the codes by which it is known; parts of a text that speaks of a limit."""

    codes: Mapping[str, str]
    limit_signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """The checked data file. `key_place` is `query`, `header` or `bearer`, `key_name` its name."""

    prefix: str
    key_place: str
    key_name: str
    body: str
    envelope: Envelope
    paging: Paging
    capabilities: frozenset[str]
    operations: Mapping[str, Operation]
    codec: Codec
    errors: ErrorWords


def load_wire(path: Path = BEHOMES_TOML) -> Wire:
    """Read and check a data file. Raises WireError naming the bad entry."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WireError(f"{path.name}: {error}") from error
    return check_wire(data)


def check_wire(data: Mapping[str, Any]) -> Wire:
    """Check the content of a data file. Raises WireError naming the bad entry."""
    root = Table(data)
    request = root.table("request")
    place, name = _key(request)
    wire = Wire(
        prefix=request.matching("prefix", PREFIX),
        key_place=place,
        key_name=name,
        body=request.one_of("body", BODY_KINDS),
        envelope=_envelope(root.table("envelope")),
        paging=_paging(root.table("paging")),
        capabilities=_capabilities(root.table("capabilities")),
        operations=_operations(root.table("operations")),
        codec=_codec(root, request.one_of("time", TIME_FORMATS)),
        errors=_errors(root.table("errors")),
    )
    request.done()
    root.done()
    return wire


def _key(request: Table) -> tuple[str, str]:
    place, _, name = request.text("key").partition(":")
    if place not in KEY_PLACES or bool(name) != (place != "bearer"):
        request.fail("key", "is not query:<name>, header:<name> or bearer")
    pattern = HEADER_NAME if place == "header" else QUERY_NAME
    if name and not pattern.fullmatch(name):
        request.fail("key", f"{name!r} cannot be the name of a key")
    return place, name


def _envelope(table: Table) -> Envelope:
    envelope = Envelope(
        item=table.path("item") or (),
        list=table.path("list") or (),
        created_id=table.needed_path("created_id"),
        created_flag=table.path("created_flag"),
    )
    table.done()
    return envelope


def _paging(table: Table) -> Paging:
    paging = Paging(
        style=table.one_of("style", PAGING_STYLES),
        page=table.matching("page", QUERY_NAME),
        offset=table.matching("offset", QUERY_NAME),
        cursor=table.matching("cursor", QUERY_NAME),
        size=table.matching("size", QUERY_NAME),
        first_page=table.whole("first_page", 0, 1),
        objects_per_page=table.whole("objects_per_page", 1, MAX_PAGE_SIZE),
        max_pages=table.path("max_pages"),
        next_cursor=table.path("next_cursor"),
    )
    if paging.style == "cursor" and paging.next_cursor is None:
        table.fail("next_cursor", "is needed for style cursor")
    table.done()
    return paging


def _capabilities(table: Table) -> frozenset[str]:
    found = frozenset(name for name in CAPABILITIES if table.flag(name))
    table.done()
    return found


def _operations(table: Table) -> Mapping[str, Operation]:
    operations = {
        name: _operation(name, table.table(name), holder, queries)
        for name, (holder, queries) in OPERATIONS.items()
    }
    table.done()
    return operations


def _operation(name: str, table: Table, holder: str | None, queries: tuple[str, ...]) -> Operation:
    method = table.one_of("method", METHODS)
    path = table.matching("path", PATH)
    held = re.findall(r"\{([a-z]+)\}", path)
    if held != ([holder] if holder else []):
        table.fail("path", f"must hold {{{holder}}} once" if holder else "must hold no braces")
    given = table.table("query") if queries else None
    query = {ours: given.matching(ours, QUERY_NAME) for ours in queries} if given else {}
    if given:
        given.done()
    table.done()
    return Operation(name, method, path, query)


def _codec(root: Table, time_format: str) -> Codec:
    objects, words = root.table("objects"), root.table("words")
    codec = Codec(
        time_format=time_format,
        objects={name: _object(objects.table(name), name) for name in OBJECTS},
        words={name: _words(words.table(name), ours) for name, ours in WORDS.items()},
    )
    objects.done()
    words.done()
    return codec


def _object(table: Table, name: str) -> Mapping[str, Field]:
    fields = {}
    for ours, kind in OBJECTS[name].items():
        sort, _, of = kind.partition(":")
        path = table.path(ours, flat=sort == "object")
        if path is None and f"{name}.{ours}" in NEEDED:
            table.fail(ours, "must not be empty")
        fields[ours] = Field(ours, path, sort, of)
    table.done()
    return fields


def _words(table: Table, ours: tuple[str, ...]) -> Mapping[str, str | int]:
    words = {word: table.word(word) for word in ours}
    table.done()
    return words


def _errors(table: Table) -> ErrorWords:
    codes = {word: kind for kind in ERROR_CLASSES for word in table.texts(kind)}
    errors = ErrorWords(codes, table.texts("limit_signs"))
    table.done()
    return errors
