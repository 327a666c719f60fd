"""The entry of a call in the CRM's history: logged at the end, completed when more is known.

What was sent last stands in the ledger row `call|<session>`; whenever what is wanted differs, it is
sent again with a higher revision. Recordings follow by PATCH with the full list.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from clients.errors import (
    ClientError,
    KeyRefusedError,
    NotFoundError,
    RefusedError,
    UnsupportedError,
)
from rules.bodies import call_body
from rules.facts import CallFacts
from rules.participants import participants
from rules.reasons import Code, because
from rules.vocabulary import Entity, WriteStatus
from services import failures, vanished
from services.call import Call, Write
from services.carry_out import carry_out_creates, done
from services.click_links import Clicked
from services.recording_links import record_id
from services.steps import Send, Step

Doing = Generator[Step, Any, None]
LINKED = (Entity.CLIENT, Entity.LEAD, Entity.DEAL)


def log_call(call: Call, facts: CallFacts) -> Doing:
    """Bring the CRM's entry up to what is known now. Safe to call any number of times."""
    entry = call.plan("call", call.key("call"), {})
    wanted = _wanted(call, facts, _links(call, entry))
    sent = {name: value for name, value in entry.body.items() if name != "revision"}
    if entry.status == WriteStatus.DONE and sent == wanted:
        _note_recordings(call, entry)
        return
    if entry.is_given_up or not _is_due(call, entry):
        return
    if entry.status == WriteStatus.DONE and _only_recordings(sent, wanted):
        yield from _patch_recordings(call, facts, entry, wanted)
    else:
        yield from _put(call, facts, entry, wanted)


def _links(call: Call, entry: Write) -> dict[str, Any]:
    """What the call belongs to. What a click named wins over what the call has created, unless the
    CRM has refused it: then the entry stands without it."""
    named = call.clicked.links if call.clicked else {}
    if entry.status == WriteStatus.DONE and entry.body:
        stored = entry.body.get("links", {})
        named = {name: value for name, value in named.items() if stored.get(name) == value}
    return {**call.created, **named}


def _wanted(call: Call, facts: CallFacts, links: dict[str, Any]) -> dict[str, Any]:
    recordings = [
        {
            "url": call.knobs.recording_url(call.id, each.url, call.row.first_seen_at),
            "seconds": each.seconds,
        }
        for each in facts.recordings
    ]
    employee, people = participants(facts, call.office.people, call.office.extensions)
    return call_body(
        facts,
        employee=employee,
        participants=people,
        links=links,
        recordings=recordings,
        country=call.office.country,
        note=call.row.note,
    )


def _only_recordings(sent: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(sent.get(name) == value for name, value in wanted.items() if name != "recordings")


def _put(call: Call, facts: CallFacts, entry: Write, wanted: dict[str, Any]) -> Doing:
    revision = entry.revision + 1
    body = wanted | {"revision": revision}

    def mark() -> None:
        # The whole state is sent, so it may be sent again: nothing to settle, it stays planned.
        call.update(
            entry, status=WriteStatus.PLANNED, revision=revision, attempts=entry.attempts + 1
        )

    try:
        yield Send("put_call", lambda crm: crm.put_call(entry.reference, body), mark)
    except KeyRefusedError:
        raise
    except UnsupportedError as error:
        failures.update_failed(call, entry, error)
        return
    except (NotFoundError, RefusedError) as error:
        if call.clicked and call.clicked.links:
            # Nobody has checked what the click named: without it the entry may stand.
            call.clicked = Clicked(call.clicked.employee_id)
            yield from log_call(call, facts)
            return
        if isinstance(error, RefusedError) or not any(wanted["links"].values()):
            failures.update_failed(call, entry, error)
            return
        yield from _without_gone(call, facts, error)
        yield from log_call(call, facts)
        return
    except ClientError as error:
        failures.update_failed(call, entry, error)
        return
    call.update(entry, body=body)
    done(call, entry, entry.reference)
    _note_recordings(call, entry)


def _note_recordings(call: Call, entry: Write) -> None:
    """What a PATCH was to bring and could not, the entry has by now: it went with the whole."""
    for row in call.writes.values():
        if row.kind == "recording" and row.session_row_id == call.id and row.is_open:
            done(call, row, entry.reference)


def _without_gone(call: Call, facts: CallFacts, error: NotFoundError) -> Doing:
    """Something that the entry links to was deleted: the links that the CRM names, or all."""
    linked = {entity for entity in LINKED if call.created.get(f"{entity}_id")}
    gone = linked & vanished.named_in(error) or linked
    for entity in sorted(gone - {Entity.CLIENT}):
        vanished.let_go(call, entity)
    if Entity.CLIENT in gone:
        yield from vanished.replace_client(call, facts, call.created["client_id"])
        yield from carry_out_creates(call, facts)


def _patch_recordings(call: Call, facts: CallFacts, entry: Write, wanted: dict[str, Any]) -> Doing:
    revision = entry.revision + 1
    changes = {"recordings": wanted["recordings"], "revision": revision}
    rows = [_recording_row(call, each.url) for each in facts.recordings]
    open_rows = [row for row in rows if row.is_open]
    if rows and all(row.status == WriteStatus.DONE for row in rows):
        # No recording is new, but one of them is known better: how long it is.
        yield from _put(call, facts, entry, wanted)
        return
    if not open_rows or not all(_is_due(call, row) for row in open_rows):
        return

    def mark() -> None:
        call.update(entry, revision=revision)
        for row in open_rows:
            call.update(row, attempts=row.attempts + 1)

    try:
        yield Send("patch_call", lambda crm: crm.patch_call(entry.reference, changes), mark)
    except KeyRefusedError:
        raise
    except ClientError as error:
        for row in open_rows:
            failures.update_failed(call, row, error)
        return
    call.update(entry, body=wanted | {"revision": revision})
    for row in open_rows:
        done(call, row, entry.reference)
    call.trace(because(Code.WRITE_DONE, kind="recording", crm_id=entry.reference))


def _recording_row(call: Call, url: str) -> Write:
    return call.plan("recording", call.key("recording", record_id(url)), {})


def _is_due(call: Call, write: Write) -> bool:
    return write.next_at is None or write.next_at <= call.now()
