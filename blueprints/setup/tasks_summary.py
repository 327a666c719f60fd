"""What will happen with calls that reached nobody: the card beside the step `tasks`, the feet of
its cards, and a task as the CRM would show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.setup.case_words import WHO, heir_words
from blueprints.setup.lines import Line, fill, strong
from models import Integration
from rules.cases import Case, Who, case_of
from rules.choices import Choices
from rules.formats import Regional
from rules.settings import Settings, TaskAssign, TaskRule
from rules.task_preview import RuleName, TaskPreview, preview_task
from rules.vocabulary import Contact, Direction, Outcome

SAMPLE_TIME = time(17, 50)
RULES: Mapping[RuleName, tuple[Direction, Outcome]] = {
    "lost_incoming": (Direction.INBOUND, Outcome.LOST),
    "failed_outgoing": (Direction.OUTBOUND, Outcome.FAILED),
}
NO_TASK: Mapping[RuleName, LazyString] = {
    "lost_incoming": _l("Nobody answered an incoming call → %(nothing)s."),
    "failed_outgoing": _l("The client was not reached → %(nothing)s."),
}
TASK: Mapping[RuleName, LazyString] = {
    "lost_incoming": _l(
        "Nobody answered an incoming call → a task; responsible: %(who)s; due in %(due)s."
    ),
    "failed_outgoing": _l(
        "The client was not reached → a task; responsible: %(who)s; due in %(due)s."
    ),
}


@dataclass(frozen=True)
class ShownTask:
    """`owner` is empty where it would be nobody."""

    name: RuleName
    task: TaskPreview
    owner: str


def tell_tasks(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    told = [_rule_line(name, settings, choices) for name in RULES]
    lines = [*told, *_more(settings)]
    if _is_gap(settings, choices):
        gap = _("Missed calls would be nobody's: name a responsible.")
        href = "#responsible-incoming_user_id"
        lines.append(Line(gap, "warn", _("Choose"), href))
    feet = [Line(line.text, place=f"tasks.{name}") for name, line in zip(RULES, told, strict=True)]
    return [*lines, *feet]


def tasks_extras(integration: Integration, settings: Settings, choices: Choices) -> dict[str, Any]:
    """The tasks that the CRM would show, for a call of today at ten to six; and who is named for
    incoming calls, empty if nobody is who could take them."""
    zone = ZoneInfo(integration.timezone)
    regional = Regional(integration.locale, zone, integration.default_country)
    called_at = datetime.combine(datetime.now(UTC).astimezone(zone), SAMPLE_TIME, tzinfo=zone)
    shown = [
        ShownTask(name, preview_task(name, settings, regional, called_at), owner)
        for name in RULES
        if settings.task_rule(name).assign is not TaskAssign.NONE
        for owner in [_owner_of(name, settings, choices)]
    ]
    named = settings.responsible.incoming_user_id
    usable = next((user.name for user in choices.users if user.id == named and user.is_usable), "")
    return {"tasks": shown, "responsible": usable}


def _rule_line(name: RuleName, settings: Settings, choices: Choices) -> Line:
    rule, case = settings.task_rule(name), _case(name, settings, choices)
    if case.task is None:
        return Line(fill(NO_TASK[name], nothing=strong(_("no task is created"))))
    who = heir_words(case.task, choices)
    return Line(fill(TASK[name], who=who, due=strong(_minutes(rule))))


def _minutes(rule: TaskRule) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", rule.due_minutes)


def _more(settings: Settings) -> Iterator[Line]:
    rules = [settings.task_rule(name) for name in RULES]
    wanted = [rule for rule in rules if rule.assign is not TaskAssign.NONE]
    if any(rule.once_per_client for rule in wanted):
        yield Line(_("A further miss of the same client adds a line to the open task."))
    if any(rule.close_when_reached for rule in wanted):
        yield Line(_("As soon as anyone talks to the client, in either direction, it is closed."))
    if wanted and settings.working_hours is not None:
        yield Line(_("The time runs in working hours only."))


def _is_gap(settings: Settings, choices: Choices) -> bool:
    task = _case("lost_incoming", settings, choices).task
    return task is not None and task.is_gap


def _case(name: RuleName, settings: Settings, choices: Choices) -> Case:
    direction, outcome = RULES[name]
    absent = frozenset(user.id for user in choices.users if not user.is_usable)
    return case_of(settings, direction, Contact.FIRST, outcome, absent)


def _owner_of(name: RuleName, settings: Settings, choices: Choices) -> str:
    heir = _case(name, settings, choices).task
    if heir is None or heir.who is Who.NOBODY:
        return ""
    if heir.who is Who.RESPONSIBLE:
        return choices.user_name(heir.user_id) or ""
    return str(WHO[heir.who])
