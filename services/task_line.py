"""Add a line to the client's open call-back task instead of making a second one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from clients.errors import ClientError, KeyRefusedError, NotFoundError, UnsupportedError
from rules.crm import CrmRecord
from rules.facts import CallFacts
from rules.reasons import Code, because
from rules.vocabulary import WriteStatus
from services import failures
from services.call import Call, Write
from services.carry_out import carry_out, done
from services.decide_call import plan_own_task
from services.look_up import hold_contact
from services.made import read_made
from services.steps import Step
from services.task_changes import WAIT_FOR_TASK, change_task, closed_at

Doing = Generator[Step, Any, None]


def carry_out_task_lines(call: Call, facts: CallFacts) -> Doing:
    """Lines of this call that are not written yet. The contact is held: two lost calls at once
    must not read the same old text. Nor may one read it while another's line, sent with the text as
    it was then, can still land and take away what was added since."""
    lines = [write for write in call.writes.values() if write.kind == "taskline" and write.is_open]
    for line in lines:
        if line.next_at is None or line.next_at <= call.now():
            yield from hold_contact(call, facts)
            yield from _write_line(call, facts, line)


def _write_line(call: Call, facts: CallFacts, line: Write) -> Doing:
    task = call.read_key(line.links["task"]["key"])
    if task is None or task.is_given_up:
        yield from _own_task(call, facts, line, None)
        return
    if task.status != WriteStatus.DONE:
        call.update(line, next_at=call.now() + WAIT_FOR_TASK)
        return
    closing_at = closed_at(call, task)
    if closing_at is not None:
        call.update(line, next_at=closing_at)
        return
    try:
        record = yield from read_made(call, task, line)
        if record is not None:
            yield from _add(call, facts, line, task, record)
    except KeyRefusedError:
        raise
    except NotFoundError:
        yield from _own_task(call, facts, line, task)
    except UnsupportedError:
        yield from _own_task(call, facts, line, None)  # its text cannot be read: none is added to
    except ClientError as error:
        call.update(line, attempts=line.attempts + 1)
        failures.update_failed(call, line, error)


def _add(call: Call, facts: CallFacts, line: Write, task: Write, record: CrmRecord) -> Doing:
    old, new = record.texts.get("text") or "", line.body["line"]
    if new not in old.split("\n"):
        if record.status == "done":
            yield from _own_task(call, facts, line, task)
            return
        text = {"text": f"{old}\n{new}" if old else new}
        is_sent = yield from change_task(call, line, task, text)
        if not is_sent:
            return
    done(call, line, record.id)
    call.set_created("task_id", record.id)
    call.trace(because(Code.TASK_LINE, task_id=record.id))


def _own_task(call: Call, facts: CallFacts, line: Write, task: Write | None) -> Doing:
    """The earlier task was closed, is gone or was never made: this call gets one of its own."""
    if task is not None:
        call.update(task, closed_at=call.now())
        call.trace(because(Code.TASK_CLOSED, task_id=task.crm_id))
    decision = call.decisions["task"]
    call.update(
        line, status=WriteStatus.DONE, done_at=call.now(), closed_at=call.now(), next_at=None
    )
    own = plan_own_task(call, facts, decision.rule, decision.owner_user_id)
    yield from carry_out(call, facts, own)
    if own.status == WriteStatus.DONE:
        call.set_created("task_id", own.crm_id)
