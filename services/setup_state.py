"""How far the set-up of an integration is: the state of each step, and why it needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CrmUserRow, Integration, SyncItem, SyncRun, UserMapping
from rules.settings_checks import Problem, problems
from services.drafts import Draft
from services.integrations import known_references


class State(StrEnum):
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    ATTENTION = "attention"


@dataclass(frozen=True)
class StepState:
    """`why` is a code of this module (see `WHYS`), or empty; `problems` are those of the step."""

    state: State
    why: str = ""
    problems: tuple[Problem, ...] = ()


def find_problems(session: Session, integration: Integration, draft: Draft) -> tuple[Problem, ...]:
    """What keeps the draft from being published, checked against what the CRM is known to have."""
    return problems(draft.document, known_references(session, integration))


def connection_state(integration: Integration) -> StepState:
    account = integration.crm_account
    if account.breaker == "key":
        return StepState(State.ATTENTION, "crm_key_refused")
    if account.verified_at is None:
        return StepState(State.IN_PROGRESS, "crm_not_reached")
    if integration.access_token_sealed is None:
        return StepState(State.IN_PROGRESS, "no_pbx_key")
    if integration.pbx_error and integration.pbx_read_at is None:
        return StepState(State.ATTENTION, "pbx_not_read")
    return StepState(State.DONE)


def users_state(session: Session, integration: Integration) -> StepState:
    # A dry run counts only if it stands for one that would have changed too much unasked.
    counts = ~SyncRun.is_dry | SyncRun.max_changes.is_not(None)
    query = (
        select(SyncRun)
        .where(SyncRun.integration_id == integration.id, counts)
        .order_by(SyncRun.created_at.desc(), SyncRun.id.desc())
        .limit(1)
    )
    last = session.scalars(query).first()
    if last is not None and last.state == "aborted":
        return StepState(State.ATTENTION, "sync_aborted")
    if last is not None and last.state in ("queued", "running"):
        return StepState(State.IN_PROGRESS, "sync_running")
    if last is not None and last.is_dry:
        return StepState(State.ATTENTION, "sync_waits")
    if last is not None and _has_conflicts(session, last):
        return StepState(State.ATTENTION, "sync_conflicts")
    mapped = select(UserMapping.id).where(UserMapping.integration_id == integration.id).limit(1)
    if session.execute(mapped).scalar_one_or_none() is None:
        return StepState(State.NOT_STARTED)
    return StepState(State.DONE)


def _has_conflicts(session: Session, run: SyncRun) -> bool:
    """Somebody of this run is still without an answer."""
    here = run.integration_id
    paired = select(UserMapping.crm_user_id).where(UserMapping.integration_id == here)
    apart = select(CrmUserRow.user_id).where(
        CrmUserRow.integration_id == here, CrmUserRow.kept_apart
    )
    query = select(SyncItem.position).where(
        SyncItem.run_id == run.id,
        SyncItem.result == "conflict",
        SyncItem.crm_user_id.not_in(paired),
        SyncItem.crm_user_id.not_in(apart),
    )
    return session.execute(query.limit(1)).first() is not None


def document_state(
    integration: Integration, slug: str, found: tuple[Problem, ...], *, is_visited: bool
) -> StepState:
    """The state of a step that edits the settings; `found` are the problems of its places, also
    those that a choice on another step has made."""
    if found:
        return StepState(State.ATTENTION, "problems", found)
    is_saved = slug in integration.setup_progress or bool(integration.published_version)
    if is_saved:
        return StepState(State.DONE)
    return StepState(State.IN_PROGRESS if is_visited else State.NOT_STARTED)


def summary_of(states: Mapping[str, StepState]) -> tuple[int, int]:
    """How many of the steps are done, of how many."""
    return sum(each.state is State.DONE for each in states.values()), len(states)
