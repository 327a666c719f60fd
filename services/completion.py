"""Complete what was created: fields and texts whose values came only at the end or later."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from clients.errors import ClientError, KeyRefusedError, NotFoundError
from rules.bodies import template_of, texts, waits_for_recording
from rules.call_values import needs_report
from rules.custom_fields import Filled, fill_fields, has_recording, keep_filled
from rules.facts import CallFacts
from rules.formats import Value
from rules.reasons import Code, because
from rules.settings import FieldRow
from rules.templates import parse, variables_of
from rules.variables import Variable
from rules.vocabulary import Entity, WriteStatus
from services import failures
from services.call import Call, Write
from services.carry_out import done
from services.rendering import values_for
from services.steps import Send, Step
from services.vanished import let_go

Doing = Generator[Step, Any, None]
COMPLETED = (Entity.CLIENT, Entity.LEAD, Entity.DEAL)


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
            wanted += [v for row in _rows(call, entity) for v in variables_of(parse(row.value))]
            wanted += [v for late in _late(call, entity, values).values() for v in late]
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
    rows = [row for row in _rows(call, entity) if has_recording(row) is with_recording]
    filled = fill_fields(rows, values, call.office.fields[entity], call.office.regional)
    late = {
        field: variables
        for field, variables in _late(call, entity, values).items()
        if waits_for_recording(variables) is with_recording
    }
    rendered = texts(entity, call.texts, values, call.office.regional) if late else {}
    made = _made(call, entity)
    old = made.body if made else {}
    changed = {f: rendered[f] for f in late if rendered.get(f) and rendered[f] != old.get(f)}
    if not filled.values and not changed:
        return None
    call.trace(*filled.reasons)
    before = {field: old.get(field) for field in changed}
    body = {
        "custom_fields": dict(filled.values),
        "keep": sorted(filled.keep),
        "texts": changed,
        "before": before,
    }
    return call.plan("complete", key, body)


def _send(call: Call, entity: Entity, target: str, write: Write) -> Doing:
    fields, wanted = dict(write.body["custom_fields"]), dict(write.body["texts"])
    if write.body["keep"] or wanted:
        present = yield from _read(call, entity, target)
        filled = Filled(fields, frozenset(write.body["keep"]), ())
        fields, kept = keep_filled(filled, present.custom_fields, entity)
        changed = {f for f in wanted if present.texts.get(f) != write.body["before"][f]}
        call.trace(
            *kept,
            *(because(Code.TEXT_KEPT, entity=str(entity), field=name) for name in sorted(changed)),
        )
        wanted = {name: value for name, value in wanted.items() if name not in changed}
    changes = wanted | ({"custom_fields": fields} if fields else {})
    if changes:
        yield Send(f"update_{entity}", lambda crm: crm.update(entity, target, changes))
    done(call, write, target)


def _read(call: Call, entity: Entity, target: str) -> Generator[Step, Any, Present]:
    made = _made(call, entity)
    if made is not None:
        records = yield Send(
            f"find_{entity}", lambda crm: crm.find_by_reference(entity, made.reference)
        )
        for record in records:
            if record.id == target:
                return Present(record.texts, record.custom_fields)
    if entity is not Entity.CLIENT:
        raise NotFoundError(f"{entity} is gone")
    client = yield Send("get_client", lambda crm: crm.get_client(target))
    return Present({"name": client.name}, client.custom_fields)


def _is_completed(call: Call, entity: Entity) -> bool:
    """Whether anything of this entity may have to be completed at all."""
    made = _made(call, entity)
    return bool(_rows(call, entity) or (made and made.late))


def _rows(call: Call, entity: Entity) -> list[FieldRow]:
    """The rows of an entity that did not go with its create."""
    made = _made(call, entity)
    sent = made.body.get("custom_fields", {}) if made else {}
    return [row for row in call.texts.fields if row.entity is entity and row.target not in sent]


def _late(call: Call, entity: Entity, values: dict[str, Value]) -> dict[str, tuple[Variable, ...]]:
    """The texts of our own create that were rendered before all was known."""
    made = _made(call, entity)
    regional = call.office.regional
    return {
        field: variables_of(template_of(entity, field, call.texts, values, regional))
        for field in (made.late if made else [])
    }


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
