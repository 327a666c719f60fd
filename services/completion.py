"""Complete what was created: fields and texts whose values came only at the end or later."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from clients.errors import ClientError, KeyRefusedError, NotFoundError
from rules.call_values import needs_report
from rules.completing import (
    COMPLETED,
    NOTHING_SENT,
    Sent,
    completion_of,
    late_texts,
    rows_left,
)
from rules.custom_fields import Filled, keep_filled
from rules.facts import CallFacts
from rules.reasons import Code, because
from rules.templates import parse, variables_of
from rules.variables import Variable
from rules.vocabulary import Entity, WriteStatus
from services import failures
from services.call import Call, Write
from services.carry_out import done
from services.made import read_made
from services.rendering import values_for
from services.steps import Send, Step
from services.vanished import let_go

Doing = Generator[Step, Any, None]


@dataclass(frozen=True)
class Present:
    """What the CRM holds now."""

    texts: Any
    custom_fields: Any


def wants_report(call: Call, facts: CallFacts) -> bool:
    """Whether something of this call needs a value that only the calls report has."""
    if not any(_is_completed(call, entity) for entity in COMPLETED):
        return False
    values = values_for(call, facts, owner=None)
    wanted: list[Variable] = []
    for entity in COMPLETED:
        if _target(call, entity) is not None or _made(call, entity) is not None:
            sent = _sent(call, entity)
            rows = rows_left(entity, call.texts, sent)
            late = late_texts(entity, call.texts, values, call.office.regional, sent)
            wanted += [v for row in rows for v in variables_of(parse(row.value))]
            wanted += [v for variables in late.values() for v in variables]
    return needs_report(wanted, values)


def complete(call: Call, facts: CallFacts) -> Doing:
    """Fill in what the create could not: once at the end, once more for a recording."""
    for entity in COMPLETED:
        yield from _complete(call, facts, entity, with_recording=False)
        if facts.recordings:
            yield from _complete(call, facts, entity, with_recording=True)


def _complete(call: Call, facts: CallFacts, entity: Entity, *, with_recording: bool) -> Doing:
    target = _target(call, entity)
    if target is None:
        return
    if not _is_completed(call, entity):
        return
    key = call.key("complete", str(entity), *(("recording",) if with_recording else ()))
    write = call.writes.get(key) or _plan(call, facts, entity, key, with_recording=with_recording)
    if write is None or not write.is_open:
        return
    if write.next_at is not None and write.next_at > call.now():
        return
    try:
        yield from _send(call, entity, target, write)
    except KeyRefusedError:
        raise
    except NotFoundError:
        # Somebody has deleted it: there is nothing left to complete.
        call.update(write, status=WriteStatus.DONE, done_at=call.now(), closed_at=call.now())
        if entity is not Entity.CLIENT:
            let_go(call, entity)
    except ClientError as error:
        call.update(write, attempts=write.attempts + 1)
        failures.update_failed(call, write, error)


def _plan(
    call: Call, facts: CallFacts, entity: Entity, key: str, *, with_recording: bool
) -> Write | None:
    owner = call.decisions["contact"].owner_user_id
    values = values_for(call, facts, owner=owner)
    found = completion_of(
        entity,
        call.texts,
        values,
        call.office.fields[entity],
        call.office.regional,
        _sent(call, entity),
        with_recording=with_recording,
    )
    if found.is_empty:
        return None
    call.trace(*found.reasons)
    body = {
        "custom_fields": dict(found.custom_fields),
        "keep": sorted(found.keep),
        "texts": dict(found.texts),
        "before": dict(found.before),
    }
    return call.plan("complete", key, body)


def _send(call: Call, entity: Entity, target: str, write: Write) -> Doing:
    fields, wanted = dict(write.body["custom_fields"]), dict(write.body["texts"])
    if write.body["keep"] or wanted:
        present = yield from _read(call, entity, target, write)
        if present is None:
            return
        filled = Filled(fields, frozenset(write.body["keep"]), ())
        fields, kept = keep_filled(filled, present.custom_fields, entity)
        before = write.body["before"]
        known = {name: (before[name], text) for name, text in wanted.items()}
        changed = {name for name in known if present.texts.get(name) not in known[name]}
        call.trace(
            *kept,
            *(because(Code.TEXT_KEPT, entity=str(entity), field=name) for name in sorted(changed)),
        )
        wanted = {name: value for name, value in wanted.items() if name not in changed}
    changes = wanted | ({"custom_fields": fields} if fields else {})
    if changes:
        yield Send(f"update_{entity}", lambda crm: crm.update(entity, target, changes))
    done(call, write, target)


def _read(
    call: Call, entity: Entity, target: str, write: Write
) -> Generator[Step, Any, Present | None]:
    """What is to be completed, or None if that is known only later."""
    if entity is Entity.CLIENT:
        client = yield Send("get_client", lambda crm: crm.get_client(target))
        return Present({"name": client.name}, client.custom_fields)
    made = _made(call, entity)
    assert made is not None  # else there were no target
    record = yield from read_made(call, made, write)
    return Present(record.texts, record.custom_fields) if record else None


def _is_completed(call: Call, entity: Entity) -> bool:
    """Whether anything of this entity may have to be completed at all."""
    sent = _sent(call, entity)
    return bool(rows_left(entity, call.texts, sent) or sent.late)


def _sent(call: Call, entity: Entity) -> Sent:
    """What the create of this call carried; nothing if it made no such thing. When the call was
    decided anew all rows count as left: by today's settings they may have other values."""
    made = _made(call, entity)
    if made is None:
        return NOTHING_SENT
    is_anew = bool(call.earlier) and made.status == WriteStatus.DONE
    return Sent(made.body | {"custom_fields": {}} if is_anew else made.body, made.late)


def _made(call: Call, entity: Entity) -> Write | None:
    """The create of this entity by this very call."""
    return next(
        (
            write
            for write in call.writes.values()
            if write.kind == entity and write.session_row_id == call.id and not write.closed_at
        ),
        None,
    )


def _target(call: Call, entity: Entity) -> str | None:
    made = _made(call, entity)
    if made is not None:
        return made.crm_id if made.status == WriteStatus.DONE else None
    return call.created.get("client_id") if entity is Entity.CLIENT else None
