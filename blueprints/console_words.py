"""The console in the reader's words: his places, his calls of the day, a client asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from blueprints import words
from blueprints.words import Word
from models import CallSession
from rules.vocabulary import Direction
from services.ask_client import AskedClient
from services.console_page import Desk, OwnCall

CLIENT_STATES: Mapping[str, LazyString | str] = {
    "none": "",
    "asked": _l("The client is being created…"),
    "late": _l("The client will be created as soon as Behomes can be written to."),
    "made": _l("The client is in Behomes."),
    "refused": _l("Behomes refused the client: tell your administrator."),
    "hidden": _l("Without a number no client can be created."),
}


@dataclass(frozen=True)
class TodayLine:
    """A row of the day; `href` only if the person may open the call."""

    call: CallSession
    integration_id: int
    zone: str
    direction: Word
    outcome: Word
    href: str
    phone: str | None


@dataclass(frozen=True)
class Today:
    """The day: calls that go on, and those that are over. `seen` changes whenever they do."""

    open: Sequence[TodayLine]
    over: Sequence[TodayLine]
    seen: str


def today_lines(calls: Iterable[OwnCall]) -> Today:
    calls = list(calls)
    lines = [(each.is_open, _line(each)) for each in calls]
    marks = [(each.call.id, each.call.updated_at, each.call.note) for each in calls]
    return Today(
        open=[line for is_open, line in lines if is_open],
        over=[line for is_open, line in lines if not is_open],
        seen=hashlib.sha256(repr(marks).encode()).hexdigest()[:16],
    )


def desk_lines(desks: Iterable[Desk]) -> list[str]:
    """Who the person is at CallGear, with the office where he has several."""
    desks = list(desks)
    if len(desks) == 1:
        return [desks[0].employee_name]
    return [f"{desk.employee_name} · {desk.title}" for desk in desks]


def client_words(stands: AskedClient) -> dict[str, Any]:
    """Where the wish for a client stands, for the page's script."""
    client = stands.client or {}
    url = str(client.get("url") or "")
    return {
        "state": stands.state,
        "text": str(CLIENT_STATES[stands.state]),
        "id": client.get("id"),
        "name": client.get("name"),
        "url": url if url.startswith(("https://", "http://")) else None,
    }


def _line(own: OwnCall) -> TodayLine:
    call = own.call
    href = url_for("calls.show", id=own.integration_id, call_session_id=call.call_session_id)
    is_outside = call.direction != Direction.INTERNAL
    return TodayLine(
        call=call,
        integration_id=own.integration_id,
        zone=own.zone,
        direction=words.word(words.DIRECTIONS, call.direction),
        outcome=words.IN_PROGRESS if own.is_open else words.word(words.OUTCOMES, call.outcome),
        href=href if own.is_own else "",
        phone=call.client_phone if is_outside else None,
    )
