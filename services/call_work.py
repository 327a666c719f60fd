"""Work on one call: fold, decide once, carry out the ledger, log it, complete it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from clients.errors import ClientError, ForbiddenError, KeyRefusedError, RefusedError
from rules.decide import HISTORY_ONLY, Decision, exemption
from rules.facts import CallFacts, Surroundings, fold
from rules.members import text_of
from rules.pbx import CallRow
from rules.phones import mask
from rules.reasons import Code, Reason, because
from rules.stored_facts import facts_as_json
from rules.vocabulary import CallState, Direction, EventKind, WriteStatus
from services import backoff
from services.asked_client import plan_asked_client
from services.call import Call
from services.callback_mark import is_promise_due
from services.carry_out import carry_out_creates
from services.claims import GIVE_UP_FROM
from services.close_tasks import close_reached_tasks
from services.completion import complete, wants_report
from services.decide_call import (
    decide_about_contact,
    decide_about_task,
    exempt_from_rules,
    note_what_stands,
    wait_for_client,
)
from services.failures import REFUSALS
from services.history import log_call
from services.reports import report_of
from services.steps import Blocked, Busy, Rest, Step, Work
from services.task_line import carry_out_task_lines

# A lost call that arrives first may have been overtaken by the rest of its session.
OVERTAKEN = timedelta(seconds=3)
REPORT_TRIES = 2


def work_on(call: Call) -> Work:
    """One run over a claimed call. Safe to run any number of times: what is done stays done."""
    facts = fold(call.events, _surroundings(call))
    _note_facts(call, facts)
    waiting = _not_now(call, facts)
    if waiting:
        return waiting
    try:
        yield from _work(call, facts)
    except Busy as busy:
        return Rest(CallState.WAITING, "retry", call.now() + busy.later)
    except KeyRefusedError:
        call.trace(because(Code.KEY_REFUSED))
        return Rest(CallState.WAITING, "key_refused", call.now())
    except Blocked as blocked:
        return Rest(CallState.WAITING, str(blocked), call.now())
    except ClientError as error:
        return _look_up_failed(call, error)
    return _rest(call, facts)


def _work(call: Call, facts: CallFacts) -> Generator[Step, Any, None]:
    exempt = exemption(facts, call.rules, country=call.office.country)
    if exempt:
        decision = Decision("contact", HISTORY_ONLY, reasons=(exempt.reason,))
        yield from exempt_from_rules(call, facts, decision)
    else:
        note_what_stands(call, facts)
        yield from decide_about_contact(call, facts)
        yield from decide_about_task(call, facts)
    yield from plan_asked_client(call, facts)
    yield from carry_out_creates(call, facts)
    yield from carry_out_task_lines(call, facts)
    if not exempt:
        yield from close_reached_tasks(call, facts)
    if not facts.is_ended or facts.direction is Direction.INTERNAL:
        return
    yield from wait_for_client(call, facts)
    if "contact" in call.decisions:
        yield from log_call(call, facts)
    if not exempt and not _report_due(call, facts):
        yield from complete(call, facts)


def _surroundings(call: Call) -> Surroundings:
    office = call.office
    report = report_of(call.row.report)
    is_over = call.row.report_tries >= REPORT_TRIES or not office.has_pbx
    if report is None and is_over:
        report = CallRow(call.row.call_session_id)
    return Surroundings(
        zone=office.zone,
        country=office.country,
        own_numbers=office.own_numbers,
        employee_by_email=office.employee_by_email,
        report=report,
        clicked_by=call.clicked.employee_id if call.clicked else None,
        is_closed=call.row.closed,
    )


def _note_facts(call: Call, facts: CallFacts) -> None:
    """Store what lists, pages and commands show of a call."""
    phone = facts.client_phone
    if call.row.folded_version == 0 and facts.received_phone:
        code = Code.NUMBER_READ if phone and phone.is_valid else Code.NUMBER_RAW
        call.trace(because(code, received=mask(facts.received_phone), phone=mask(phone)))
    if call.row.closed and facts.is_ended and not call.row.ended_at:
        call.trace(because(Code.CLOSED_BY_TIME, hours=4))
    call.trace(*_changed_later(call, facts))
    call.update_session(
        direction=_word(facts.direction),
        outcome=_word(facts.outcome),
        client_phone=phone.value if phone else None,
        started_at=facts.started_at or call.row.started_at,
        ended_at=(facts.ended_at or call.now()) if facts.is_ended else None,
        close_at=None if facts.is_ended else call.row.close_at,
        employee_id=facts.finished_by or facts.answered_by or facts.caller,
        wait_seconds=facts.wait_seconds,
        talk_seconds=facts.talk_seconds,
        virtual_number=facts.virtual_number,
        campaign=_campaign(facts),
        facts=facts_as_json(facts),
        is_promise_due=is_promise_due(call, facts),
    )


def _changed_later(call: Call, facts: CallFacts) -> Iterator[Reason]:
    """What became known after a decision was made: it stands, and the trace says so."""
    contact = call.decisions.get("contact")
    is_new = call.row.direction != _word(facts.direction)
    if contact and contact.actions and facts.direction is Direction.INTERNAL and is_new:
        yield because(Code.LATE_INTERNAL)
    elif "task" in call.decisions and call.row.outcome != _word(facts.outcome):
        yield because(Code.DECISION_STANDS)


def _not_now(call: Call, facts: CallFacts) -> Rest | None:
    row = call.row
    if row.crashes >= 3 or row.suspicion >= GIVE_UP_FROM:
        return Rest(CallState.FAILED, "crashed")
    if call.settings is None:
        return Rest(CallState.WAITING, "not_published")
    if call.office.is_paused:
        return Rest(CallState.WAITING, "paused")
    overtaken_until = row.first_seen_at + OVERTAKEN
    first = min(call.events, key=lambda event: event.row_id, default=None)
    if first and first.kind == EventKind.LOST_CALL and call.now() < overtaken_until:
        return Rest(CallState.WAITING, "in_progress", overtaken_until)
    return None


def _report_due(call: Call, facts: CallFacts) -> bool:
    """Plan the look at the calls report where something needs it; True while it is to come."""
    row = call.row
    if not call.office.has_pbx or row.report is not None or row.report_tries >= REPORT_TRIES:
        return False
    if row.report_at is None:
        if facts.needs_report and "contact" not in call.decisions:
            call.update_session(report_at=call.now())
            return True
        if not wants_report(call, facts):
            return False
        ended_at = facts.ended_at or call.now()
        at = ended_at + timedelta(seconds=call.knobs.enrich_seconds)
        call.update_session(report_at=max(at, call.now()))
    return True


def _look_up_failed(call: Call, error: ClientError) -> Rest:
    """The look-up of the client failed: nothing is decided yet, so it is simply asked again. What
    the CRM refuses for good is for a person, who mends it and replays."""
    tries = call.row.lookup_tries + 1
    is_forbidden = isinstance(error, ForbiddenError)
    if is_forbidden or (isinstance(error, RefusedError) and tries >= REFUSALS):
        call.trace(because(Code.WRITE_DEAD, kind="find_clients", message=error.message))
        return Rest(CallState.FAILED, "forbidden" if is_forbidden else "write_refused")
    later = backoff.delay(tries)
    call.update_session(lookup_tries=tries)
    call.trace(
        because(
            Code.WRITE_LATER,
            kind="find_clients",
            error=error.code,
            seconds=round(later.total_seconds()),
        )
    )
    return Rest(CallState.WAITING, "retry", call.now() + later)


def _rest(call: Call, facts: CallFacts) -> Rest:
    """Where the call stands after this run, and when there is more to do."""
    mine = [write for write in call.writes.values() if _matters(call, write)]
    open_ones = [write for write in mine if write.is_open]
    dead = [write for write in mine if _is_missing(call, write)]
    now = call.now()
    retries = [write.next_at for write in open_ones if write.next_at is not None]
    next_at = min(retries, default=None)
    if dead:
        return Rest(CallState.FAILED, _why_dead(dead[0].error), next_at)
    if open_ones:
        is_unclear = any(write.status == WriteStatus.SENT for write in open_ones)
        reason = "settling" if is_unclear else "retry"
        return Rest(CallState.WAITING, reason, next_at or now + timedelta(seconds=5))
    report_at: datetime | None = call.session_changes.get("report_at", call.row.report_at)
    if report_at is not None:
        return Rest(CallState.WAITING, "report")
    if not facts.is_ended:
        return Rest(CallState.WAITING, "in_progress")
    if facts.direction is Direction.INTERNAL and not mine:
        return Rest(CallState.SKIPPED, "internal")
    if "contact" not in call.decisions:
        return Rest(CallState.WAITING, "retry", now + timedelta(seconds=5))
    return Rest(CallState.WRITTEN)


def _matters(call: Call, write: Any) -> bool:
    """This call's own writes, and the client of another call that its own ones wait for."""
    if write.session_row_id == call.id:
        return write.closed_at is None
    linked = {link.get("key") for own in call.writes.values() for link in own.links.values()}
    is_waited_for = any(
        own.is_open and write.ledger_key in {link.get("key") for link in own.links.values()}
        for own in call.writes.values()
    )
    return write.ledger_key in linked and is_waited_for and write.kind == "client"


def _is_missing(call: Call, write: Any) -> bool:
    """Set aside; a skipped one only if it is another call's that ours waits for in vain."""
    is_own = write.session_row_id == call.id
    return write.status == WriteStatus.DEAD or (write.is_given_up and not is_own)


def _why_dead(error: dict[str, Any] | None) -> str:
    code = (error or {}).get("code", "refused")
    return "forbidden" if code in ("forbidden", "component_disabled") else "write_refused"


def _campaign(facts: CallFacts) -> str | None:
    told = text_of(facts.members, "campaign_name") or facts.parameters.get("campaign_name")
    return told[:200] if told else None


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
