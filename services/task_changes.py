"""Change a task of ours in the CRM: one change after the other, though an answer is lost.

Whoever changes a task holds its contact, so two never read the same old text. But a change whose
answer did not come may land later, with the text as it was then.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from clients.errors import AmbiguousError, ClientError
from rules.keys import lines_contact
from services.call import Call, Write
from services.steps import Send, Step

CLOSING = "taskdone"
WAIT_FOR_TASK = timedelta(seconds=5)


def change_task(
    call: Call, write: Write, task: Write, changes: Mapping[str, Any]
) -> Generator[Step, Any, bool]:
    """Send the changes of `write`. False while another one may still land and take them away:
    `write` is due when it cannot any more."""
    settled_at = _settled_at(call, write, task)
    if settled_at and call.now() < settled_at:
        call.update(write, next_at=settled_at)
        return False

    def mark() -> None:
        call.update(write, sent_at=call.now())

    try:
        yield Send(
            "update_task", lambda crm: crm.update("task", str(task.crm_id), dict(changes)), mark
        )
    except AmbiguousError:
        raise
    except ClientError:
        call.update(write, sent_at=None)  # known not to be done
        raise
    return True


def closed_at(call: Call, task: Write) -> datetime | None:
    """When a talk that reached the client may have closed the task; None if none is about to. A
    miss that came after it must not go down with the task."""
    soon = call.now() + WAIT_FOR_TASK
    closings = [each for each in _changes_of(call, task) if each.kind == CLOSING and each.is_open]
    return max((max(soon, each.next_at or soon) for each in closings), default=None)


def _settled_at(call: Call, write: Write, task: Write) -> datetime | None:
    """When no change of the task that was sent without an answer can land any more."""
    sent = [each.sent_at for each in (*_changes_of(call, task), write) if each.is_open]
    last = max((moment for moment in sent if moment), default=None)
    return last + timedelta(seconds=call.knobs.settle_seconds) if last else None


def _changes_of(call: Call, task: Write) -> list[Write]:
    """Lines and closings of the task, as the ledger has them now."""
    return call.read_contact(lines_contact(task.ledger_key))
