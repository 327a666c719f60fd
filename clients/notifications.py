"""Bodies of the PBX's notifications become events; see `docs/callgear.md` 4."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from clients.notification_bodies import UnreadableError, read_body, read_query
from clients.notification_members import ALIASES, GROUPS, MEMBERS, read_text
from rules.events import Event, Member
from rules.vocabulary import USED_EVENTS, EventKind

__all__ = ["Reading", "UnreadableError", "kind_is_used", "read"]

LONGEST_KIND = 64
# Mnemonics that are not published as names of events; seen in public code (4.4).
MNEMONICS: Mapping[str, EventKind] = {
    "in_call_session": EventKind.INCOMING_CALL,
    "out_call_session": EventKind.OUTGOING_CALL,
    "call_session_finished": EventKind.CALL_FINISHED,
    "lost_call_session": EventKind.LOST_CALL,
    "set_mark": EventKind.TAG_SET,
    **{kind.value: kind for kind in EventKind},
}
# The first member that is there tells the event.
TELLING_MEMBERS: tuple[tuple[str, EventKind], ...] = (
    ("file_link", EventKind.RECORD_READY),
    ("total_time_duration", EventKind.CALL_FINISHED),
    ("last_talked_employee_id", EventKind.CALL_FINISHED),
    ("employee_ids", EventKind.LOST_CALL),
    ("lost_reason", EventKind.LOST_CALL),
    ("talk_time_duration", EventKind.TALK_FINISHED),
    ("leg_ids", EventKind.TALK_STARTED),
    ("leg_id", EventKind.WAITING_ANSWER),
    ("employee_phone_number", EventKind.OUTGOING_CALL),
)
_CALL_EVENTS = frozenset(kind.value for kind in EventKind)
_encode_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Reading:
    """A notification and the secret that came with it, which is never stored."""

    event: Event
    secret: str | None


def read(body: bytes, content_type: str | None, query: bytes | str) -> Reading:
    """Read one notification: JSON, form or query string, flat or nested, in one spelling.

    Members of the body win over those of the query. The content type is not relied upon: the PBX
    does not publish one. Raises UnreadableError, and nothing else for any bytes.
    """
    parts = [part for part in (read_body(body), read_query(query) if query else {}) if part]
    if not parts and not body.strip():
        raise UnreadableError("empty", "The body and the query are empty.")
    levels = list(_levels(parts))
    members = _members(levels)
    kind = _kind(_beside(levels, "event"), members)
    call_session_id = members.get("call_session_id")
    if call_session_id is None and _is_of_a_call(kind, members):
        raise UnreadableError("no_call_session_id", "The call has no call_session_id.")
    event = Event(
        kind=kind,
        key=_key(kind, members),
        call_session_id=None if call_session_id is None else str(call_session_id),
        members=members,
    )
    return Reading(event, _beside(levels, "secret"))


def kind_is_used(kind: str) -> bool:
    """True if events of that kind take part in calls; others are stored and ignored."""
    return kind in USED_EVENTS


def _levels(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Where members stand, best first: flat before nested, the body before the query."""
    for part in parts:
        yield part
        for name in GROUPS:
            group = part.get(name)
            if type(group) is dict:
                yield group


def _members(levels: list[dict[str, Any]]) -> dict[str, Member]:
    """The known members with a value, in one spelling; a name wins over its alias."""
    found: dict[str, Member] = {}
    for level in levels:
        for name, value in level.items():
            reader = MEMBERS.get(name)
            if reader is not None and value is not None and name not in found:
                member = reader(value)
                if member is not None:
                    found[name] = member
    for alias, name in ALIASES.items():
        values = (MEMBERS[name](level[alias]) for level in levels if alias in level)
        member = next((value for value in values if value is not None), None)
        if member is not None:
            found.setdefault(name, member)
    return found


def _beside(levels: list[dict[str, Any]], name: str) -> str | None:
    texts = (read_text(level[name]) for level in levels if name in level)
    return next((text for text in texts if text is not None), None)


def _kind(word: str | None, members: Mapping[str, Member]) -> str:
    """The event by its literal, else by the mnemonic, else by its members.

    A mnemonic that we do not know is the last resort: it only names what is ignored.
    """
    if word is not None:
        word = word.lower()
        return MNEMONICS[word].value if word in MNEMONICS else word[:LONGEST_KIND]
    mnemonic = str(members.get("notification_mnemonic", "")).lower()
    if mnemonic in MNEMONICS:
        return MNEMONICS[mnemonic].value
    for name, kind in TELLING_MEMBERS:
        if name in members:
            return kind.value
    is_call = "call_session_id" in members and "contact_phone_number" in members
    return EventKind.INCOMING_CALL.value if is_call else mnemonic[:LONGEST_KIND]


def _is_of_a_call(kind: str, members: Mapping[str, Member]) -> bool:
    # Tags are also put on chats and letters, which have no call session.
    return kind in _CALL_EVENTS and members.get("communication_type", "call") == "call"


def _key(kind: str, members: Mapping[str, Member]) -> str:
    """Equal exactly for two notifications of one kind with equal members."""
    return sha256(_encode_sorted([kind, members]).encode()).hexdigest()
