"""The PBX's question for a personal manager; see docs/callgear.md 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.notification_bodies import UnreadableError, read_body, read_query
from clients.notification_members import read_id, read_phone, read_text

LONGEST = 64


@dataclass(frozen=True)
class ManagerQuestion:
    """`caller` is the number as it was received, `dialled` the virtual number."""

    caller: str | None
    dialled: str | None
    call_session_id: str | None
    secret: str | None


def read_question(body: bytes, query: bytes | str) -> ManagerQuestion:
    """Read a question from query, form or JSON, whatever its content type claims; the body wins.

    Total: what cannot be read is absent.
    """
    members = {**_quietly(read_query, query), **_quietly(read_body, body)}
    return ManagerQuestion(
        caller=_text(members.get("numa")),
        dialled=read_phone(members.get("numb")),
        call_session_id=read_id(members.get("call_session_id")),
        secret=read_text(members.get("secret")),
    )


def _quietly(read: Any, received: bytes | str) -> Mapping[str, Any]:
    if not received:
        return {}
    try:
        found: Mapping[str, Any] = read(received)
    except UnreadableError:
        return {}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _text(value: Any) -> str | None:
    text = read_text(value)
    return text[:LONGEST] if text else None
