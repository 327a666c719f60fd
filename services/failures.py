"""What a failed request to the CRM means for its row of the ledger."""

from __future__ import annotations

from datetime import timedelta

from clients.errors import (
    AmbiguousError,
    ClientError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnsupportedError,
)
from rules.reasons import Code, because
from rules.vocabulary import WriteStatus
from services import backoff
from services.breaker import as_json
from services.call import Call, Write

REFUSALS = 3


def create_failed(call: Call, write: Write, error: ClientError) -> None:
    """A create that was sent: what is known not to be executed is planned again, what may have
    been executed stays sent and is searched for first."""
    if isinstance(error, AmbiguousError):
        _unclear(call, write, error)
    else:
        _not_done(call, write, error)


def update_failed(call: Call, write: Write, error: ClientError) -> None:
    """A write that carries the whole wanted state: it is simply sent again."""
    _not_done(call, write, error)


def search_failed(call: Call, write: Write, error: ClientError) -> None:
    """Nothing is known yet: search again later."""
    later = backoff.delay(write.attempts)
    call.update(write, next_at=call.now() + later, error=as_json(error))
    call.trace(_later(write, error, later))


def link_lost(call: Call, write: Write, error: NotFoundError) -> None:
    """Something that is linked is gone and cannot be found again: go on without any link."""
    if write.links:
        members = ("client_id", "lead_id", "deal_id", "link")
        body = {name: value for name, value in write.body.items() if name not in members}
        call.update(write, links={}, body=body, next_at=call.now() + backoff.delay(1))
    else:
        _not_done(call, write, error)


def _unclear(call: Call, write: Write, error: ClientError) -> None:
    settle = timedelta(seconds=call.knobs.settle_seconds)
    # Searching early costs nothing and often finds it; sending again waits for the settle time.
    later = min(backoff.delay(write.attempts), settle)
    call.update(write, next_at=call.now() + later, error=as_json(error))
    call.trace(
        because(
            Code.WRITE_UNCLEAR,
            kind=write.kind,
            error=error.code,
            seconds=round(settle.total_seconds()),
        )
    )


def _not_done(call: Call, write: Write, error: ClientError) -> None:
    is_refused = isinstance(error, (RefusedError, NotFoundError))
    refusals = write.refusals + is_refused
    if isinstance(error, UnsupportedError):
        # The data file says that this CRM has no such thing: nothing is missing there.
        call.update(
            write, status=WriteStatus.DONE, done_at=call.now(), next_at=None, error=as_json(error)
        )
        return
    is_final = isinstance(error, ForbiddenError) or refusals >= REFUSALS
    if is_final or backoff.is_over(write.planned_at, call.now()):
        call.update(
            write, status=WriteStatus.DEAD, refusals=refusals, next_at=None, error=as_json(error)
        )
        call.trace(because(Code.WRITE_DEAD, kind=write.kind, message=error.message))
        return
    attempts = write.attempts
    later = backoff.delay(refusals if is_refused else attempts)
    if isinstance(error, RateLimitedError):
        attempts = max(0, attempts - 1)
        later = timedelta(seconds=error.retry_after) if error.retry_after else backoff.delay(1)
    call.update(
        write,
        status=WriteStatus.PLANNED,
        attempts=attempts,
        refusals=refusals,
        next_at=call.now() + later,
        error=as_json(error),
    )
    if is_refused:
        call.trace(because(Code.WRITE_REFUSED, kind=write.kind, message=error.message))
    else:
        call.trace(_later(write, error, later))


def _later(write: Write, error: ClientError, later: timedelta):  # type: ignore[no-untyped-def]
    seconds = round(later.total_seconds())
    return because(Code.WRITE_LATER, kind=write.kind, error=error.code, seconds=seconds)
