"""Close our call-back tasks when the client was reached: done in the CRM, with a line who and when.

The call that reached him closes the tasks of the misses before it. A miss that becomes known only
after such a talk closes its own task. A task that a person has closed or deleted is left alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from clients.errors import ClientError, KeyRefusedError, NotFoundError, UnsupportedError
from models import CallSession
from rules.callbacks import reached_line
from rules.crm import CrmRecord
from rules.facts import CallFacts
from rules.keys import lines_contact
from rules.reasons import Code, because
from rules.vocabulary import Direction, Outcome, WriteStatus
from services import failures
from services.call import Call, Write
from services.carry_out import done
from services.decide_call import open_tasks
from services.look_up import hold_contact
from services.made import read_made
from services.steps import Step
from services.task_changes import CLOSING, WAIT_FOR_TASK, change_task

Doing = Generator[Step, Any, None]
SESSIONS = CallSession.__table__
MISSES = (Outcome.LOST, Outcome.FAILED)
DIRECTIONS = (Direction.INBOUND, Direction.OUTBOUND)


@dataclass(frozen=True)
class _Talk:
    """A talk with the client: when its call ended, when it began, who talked. `told_name` is what
    the PBX calls him."""

    ended_at: datetime
    began_at: datetime
    employee_id: str | None
    told_name: str | None


def close_reached_tasks(call: Call, facts: CallFacts) -> Doing:
    """Plan the closing of tasks whose client was reached, and carry out what is planned."""
    if facts.is_ended and facts.client_phone and "contact" in call.decisions:
        yield from _plan(call, facts)
    for write in [each for each in call.writes.values() if each.kind == CLOSING and each.is_open]:
        if write.next_at is None or write.next_at <= call.now():
            yield from hold_contact(call, facts)
            yield from _close(call, write)


def _plan(call: Call, facts: CallFacts) -> Doing:
    if facts.outcome is Outcome.ANSWERED:
        if not open_tasks(call, facts):
            return
        # Under the lock no other call adds a line to them or closes them.
        yield from hold_contact(call, facts)
        ended_at = facts.ended_at or call.now()
        began_at = facts.answered_at or facts.started_at or ended_at
        who = facts.answered_by or facts.finished_by or facts.caller
        talk = _Talk(ended_at, min(began_at, ended_at), who, facts.employee_name)
        for task in _missed_before(call, facts, open_tasks(call, facts), ended_at):
            _plan_one(call, task, talk)
    elif facts.outcome in MISSES:
        mine = [task for task in call.writes.values() if _is_own_task(call, task)]
        later = _talk_after(call, facts) if mine else None
        if later is not None:
            for task in mine:
                _plan_one(call, task, later)


def _plan_one(call: Call, task: Write, talk: _Talk) -> None:
    """One closing per task, whoever plans it first."""
    place, _, rule = task.ledger_key.rpartition("|")
    key = f"{place.replace('|task|', f'|{CLOSING}|', 1)}|{rule}"
    if not call.rules.task_rule(rule).close_when_reached:  # type: ignore[arg-type]
        return
    if key in call.writes or call.read_key(key) is not None:
        return
    line = reached_line(_name(call, talk), talk.began_at, call.office.regional)
    links = {"task": {"key": task.ledger_key}}
    body = {"line": line, "employee_id": talk.employee_id}
    call.plan(CLOSING, key, body, links=links, contact=lines_contact(task.ledger_key))


def _name(call: Call, talk: _Talk) -> str | None:
    """As the CRM calls him, else as the PBX does."""
    people = call.office.people
    user_id = people.user_by_employee.get(talk.employee_id or "")
    return people.names.get(user_id or "") or talk.told_name


def _missed_before(
    call: Call, facts: CallFacts, tasks: list[Write], ended_at: datetime
) -> Iterator[Write]:
    """Of these tasks, those of calls that were missed before the talk ended, and not after."""
    columns = SESSIONS.c.id, SESSIONS.c.ended_at, SESSIONS.c.client_phone
    ids = sorted({task.session_row_id for task in tasks})
    found = call.read_rows(select(*columns).where(SESSIONS.c.id.in_(ids)))
    missed = {row.id: row for row in found}
    phones = {row.client_phone for row in found if row.client_phone}
    later = _task_ids_after(call, phones | {_phone(facts)}, ended_at)
    for task in tasks:
        row = missed.get(task.session_row_id)
        is_before = row is not None and row.ended_at is not None and row.ended_at <= ended_at
        if is_before and task.crm_id not in later:
            yield task


def _task_ids_after(call: Call, phones: set[str], ended_at: datetime) -> set[str]:
    """Tasks that calls missed after the talk were added to: they stay open for those."""
    query = select(SESSIONS.c.created).where(
        SESSIONS.c.integration_id == call.office.integration_id,
        SESSIONS.c.client_phone.in_(sorted(phones)),
        SESSIONS.c.ended_at > ended_at,
        SESSIONS.c.outcome.in_(MISSES),
    )
    told = (row.created.get("task_id") for row in call.read_rows(query))
    return {each for each in told if each}


def _is_own_task(call: Call, write: Write) -> bool:
    is_open = write.closed_at is None and not write.is_given_up
    return write.kind == "task" and write.session_row_id == call.id and is_open


def _talk_after(call: Call, facts: CallFacts) -> _Talk | None:
    """The first talk with this number that ended after this call, if it is known already."""
    query = (
        select(SESSIONS.c.ended_at, SESSIONS.c.employee_id, SESSIONS.c.facts)
        .where(
            SESSIONS.c.integration_id == call.office.integration_id,
            SESSIONS.c.client_phone == _phone(facts),
            SESSIONS.c.ended_at >= (facts.ended_at or call.now()),
            SESSIONS.c.outcome == Outcome.ANSWERED,
            SESSIONS.c.direction.in_(DIRECTIONS),
        )
        .order_by(SESSIONS.c.ended_at)
        .limit(1)
    )
    for row in call.read_rows(query):
        began = row.facts.get("answered_at")
        began_at = datetime.fromisoformat(began) if began else row.ended_at
        who = row.facts.get("answered_by") or row.employee_id
        return _Talk(row.ended_at, began_at, who, row.facts.get("employee_name"))
    return None


def _phone(facts: CallFacts) -> str:
    return facts.client_phone.value if facts.client_phone else ""


# Carrying out


def _close(call: Call, write: Write) -> Doing:
    key = write.links["task"]["key"]
    task = call.writes.get(key) or call.read_key(key)
    if task is None or task.is_given_up:
        _leave(call, write, None)
        return
    if task.status != WriteStatus.DONE or not task.crm_id:
        call.update(write, next_at=call.now() + WAIT_FOR_TASK)
        return
    if not call.office.crm.supports("close_tasks"):
        call.trace(because(Code.TASK_NOT_CLOSABLE, task_id=task.crm_id))
        _leave(call, write, None)
        return
    try:
        yield from _close_in_crm(call, write, task)
    except KeyRefusedError:
        raise
    except NotFoundError:
        _leave(call, write, task)
    except ClientError as error:
        call.update(write, attempts=write.attempts + 1)
        failures.update_failed(call, write, error)


def _close_in_crm(call: Call, write: Write, task: Write) -> Doing:
    record, line = (yield from _read(call, write, task)), write.body["line"]
    if record is None:
        return
    if record.status == "done" and not _stands_in(record, line):
        _leave(call, write, task)
        return
    if record.status != "done":  # else it was us, and the answer was lost
        is_sent = yield from change_task(call, write, task, _changes(record, line))
        if not is_sent:
            return
    done(call, write, record.id)
    call.update(task, closed_at=call.now())
    who = write.body.get("employee_id")
    call.trace(because(Code.TASK_REACHED, task_id=record.id, employee_id=who))


def _read(call: Call, write: Write, task: Write) -> Generator[Step, Any, CrmRecord | None]:
    """The task as the CRM has it now, or None if that is known only later. Where the CRM cannot be
    asked for it, as we made it: then only its state is changed."""
    try:
        return (yield from read_made(call, task, write))
    except UnsupportedError:
        return CrmRecord(id=str(task.crm_id))


def _stands_in(record: CrmRecord, line: str) -> bool:
    return line in (record.texts.get("text") or "").split("\n")


def _changes(record: CrmRecord, line: str) -> dict[str, Any]:
    old = record.texts.get("text")
    if old is None or _stands_in(record, line):
        return {"status": "done"}
    return {"status": "done", "text": f"{old}\n{line}" if old else line}


def _leave(call: Call, write: Write, task: Write | None) -> None:
    """Nothing is to be closed: the task was closed or deleted by a person, or never made."""
    call.update(write, status=WriteStatus.DONE, done_at=call.now(), next_at=None)
    if task is not None:
        call.update(task, closed_at=call.now())
        call.trace(because(Code.TASK_LEFT, task_id=task.crm_id))
