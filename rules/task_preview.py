"""A call-back task as the CRM would show it, made from an invented call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from rules.creates import render_task
from rules.formats import Regional
from rules.sample_calls import Sample, sample_call
from rules.settings import Settings
from rules.vocabulary import Direction, Entity, Outcome

RINGING = timedelta(seconds=31)
RuleName = Literal["lost_incoming", "failed_outgoing"]


@dataclass(frozen=True)
class TaskPreview:
    text: str
    called_at: datetime
    due_at: datetime


def preview_task(
    name: RuleName, settings: Settings, regional: Regional, called_at: datetime
) -> TaskPreview:
    """The task of a call that came at that moment (aware) and was not answered."""
    example = sample_call(Sample.LOST, regional)
    ended_at = called_at + RINGING
    facts = replace(example.facts, started_at=called_at, ended_at=ended_at, started_text=None)
    if name == "failed_outgoing":
        facts = replace(facts, direction=Direction.OUTBOUND, outcome=Outcome.FAILED)
    values = replace(example, facts=facts).values(Entity.TASK)
    rule = settings.task_rule(name)
    made = render_task(rule, facts, settings, values, regional, owner=None, now=ended_at)
    due_at = datetime.fromisoformat(made.body["due_at"])
    return TaskPreview(made.body["text"] or "", called_at, due_at)
