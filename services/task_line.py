"""Add a line to the client's open call-back task instead of making a second one."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from clients.behomes import BehomesClient
from clients.errors import AmbiguousError, ClientError, KeyRefusedError, NotFoundError
from rules.crm import CrmRecord
from rules.facts import CallFacts
from rules.reasons import Code, because
from rules.vocabulary import WriteStatus
from services import failures
from services.call import Call, Write
from services.carry_out import carry_out, done
from services.decide_call import plan_own_task
from services.look_up import hold_contact
from services.steps import Send, Step

Doing = Generator[Step, Any, None]
WAIT_FOR_TASK = timedelta(seconds=5)


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
    try:
        found: tuple[CrmRecord, ...] = yield Send(
            "find_task", lambda crm: crm.find_by_reference("task", task.reference)
        )
        record = next((each for each in found if each.id == task.crm_id), None)
        found_by = (task.done_at or call.now()) + timedelta(seconds=call.knobs.settle_seconds)
        if record is None and call.now() < found_by:
            call.update(line, next_at=found_by)  # the search may lag behind what was just made
            return
        if record is None or record.status == "done":
            yield from _own_task(call, facts, line, task)
            return
        yield from _patch(call, line, record)
    except KeyRefusedError:
        raise
    except NotFoundError:
        yield from _own_task(call, facts, line, task)
    except ClientError as error:
        call.update(line, attempts=line.attempts + 1)
        failures.update_failed(call, line, error)


def _patch(call: Call, line: Write, record: CrmRecord) -> Doing:
    old, new = record.texts.get("text") or "", line.body["line"]
    if new not in old.split("\n"):
        settled_at = _settled_at(call, line)
        if settled_at and call.now() < settled_at:
            call.update(line, next_at=settled_at)
            return
        yield from _send(call, line, record.id, f"{old}\n{new}" if old else new)
    done(call, line, record.id)
    call.set_created("task_id", record.id)
    call.trace(because(Code.TASK_LINE, task_id=record.id))


def _settled_at(call: Call, line: Write) -> datetime | None:
    """When no line of this task that was sent without an answer can land any more."""
    lines = call.read_contact(line.contact) if line.contact else [line]
    sent = [each.sent_at for each in lines if each.is_open and each.sent_at]
    return max(sent) + timedelta(seconds=call.knobs.settle_seconds) if sent else None


def _send(call: Call, line: Write, task_id: str, text: str) -> Doing:
    def mark() -> None:
        call.update(line, sent_at=call.now())

    change = partial(_change_text, task_id=task_id, text=text)
    try:
        yield Send("update_task", change, mark)
    except AmbiguousError:
        raise
    except ClientError:
        call.update(line, sent_at=None)  # known not to be done
        raise


def _change_text(crm: BehomesClient, *, task_id: str, text: str) -> None:
    crm.update("task", task_id, {"text": text})


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
