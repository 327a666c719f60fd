"""What a create of ours has made, as the CRM has it now."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from clients.errors import NotFoundError
from rules.crm import CrmRecord
from rules.vocabulary import Entity
from services.call import Call, Write
from services.steps import Send, Step

LOOK_AGAIN = timedelta(seconds=15)


def read_made(call: Call, made: Write, waiting: Write) -> Generator[Step, Any, CrmRecord | None]:
    """The record, searched by its reference. A search may lag behind what was just made: until
    `settle_seconds` after it was done a record that is not found gives None, and `waiting`, for
    whose sake we look, is due again. Raises NotFoundError if it is gone."""
    entity = Entity(made.kind)
    found: tuple[CrmRecord, ...] = yield Send(
        f"find_{entity}", lambda crm: crm.find_by_reference(entity, made.reference)
    )
    record = next((each for each in found if each.id == made.crm_id), None)
    if record is not None:
        return record
    now = call.now()
    found_by = (made.done_at or now) + timedelta(seconds=call.knobs.settle_seconds)
    if now >= found_by:
        raise NotFoundError(f"{entity} is gone")
    call.update(waiting, next_at=min(found_by, now + LOOK_AGAIN))
    return None
