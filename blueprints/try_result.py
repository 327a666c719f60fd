"""The result of a tried call in words: its story, its cards, and what the other settings change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.language import select_locale
from blueprints.plan_cards import Card, Shown, cards_of, compared
from blueprints.reasons import Names, is_told, sentence, tone
from blueprints.setting_links import setting_url
from models import Integration
from rules.choices import Choices
from rules.crm import Client
from rules.personal_manager import ManagerAnswer, Why
from rules.plan import Plan
from rules.plan_story import tell
from rules.settings_words import sentence as problem_sentence
from rules.trial import TrialCall
from services.try_call import Rules, TrialOffice, try_call

MANAGER: Mapping[Why, LazyString] = {
    Why.MANAGER: _l("The call goes to %(user)s, the client's responsible: %(phones)s."),
    Why.DEPUTY: _l("The responsible is away; the call goes to the deputy, %(user)s: %(phones)s."),
    Why.OFF: _l("Forwarding to the personal manager is switched off."),
    Why.NO_CLIENT: _l("Behomes does not know the number: there is no manager to forward to."),
    Why.NO_RESPONSIBLE: _l("The client's card names nobody responsible."),
    Why.ABSENT: _l("%(user)s is away, and nobody stands in."),
    Why.NO_EMPLOYEE: _l("%(user)s is not joined to an employee of CallGear."),
    Why.NO_PHONES: _l("The employee joined to %(user)s has no active phone in CallGear."),
}


@dataclass(frozen=True)
class Line:
    """One line of the story; `is_changed` if the other settings do not tell it."""

    text: str
    seconds: int
    tone: str
    href: str
    is_changed: bool = False


@dataclass(frozen=True)
class Tried:
    """All that the result shows. `differences` is None with nothing to compare with."""

    plan: Plan
    rules: Rules
    lines: list[Line]
    cards: list[Card]
    problems: list[tuple[str, str]]
    differences: int | None
    gone: list[Line]

    @property
    def made(self) -> list[Card]:
        return [card for card in self.cards if card.only != "there"]


@dataclass(frozen=True)
class Trial:
    """A call that is tried, whom it is from, and where."""

    call: TrialCall
    hits: tuple[Client, ...]
    integration: Integration
    office: TrialOffice
    choices: Choices
    now: datetime

    @property
    def names(self) -> Names:
        lists = self.office.lists
        return Names(lists.employee_names, lists.people.names)


def show_tried(trial: Trial, rules: Mapping[str, Rules], by: str) -> Tried:
    """Try the call by the chosen rules, and by the other ones if there are any."""
    chosen = rules.get(by) or next(iter(rules.values()))
    other = next((each for each in rules.values() if each is not chosen), None)
    plan, lines, cards = _told(trial, chosen)
    problems = [
        (
            problem_sentence(each, select_locale()),
            setting_url(trial.integration.id, each.path, chosen.settings),
        )
        for each in chosen.problems
    ]
    if other is None:
        return Tried(plan, chosen, lines, cards, problems, None, [])
    _, other_lines, other_cards = _told(trial, other)
    cards = compared(cards, other_cards)
    mine, theirs = {line.text for line in lines}, {line.text for line in other_lines}
    marked = [_marked(line, is_changed=line.text not in theirs) for line in lines]
    gone = [line for line in other_lines if line.text not in mine]
    rows = [row for card in cards for row in card.rows if row.is_changed]
    differences = len(rows) + sum(bool(card.only) for card in cards)
    if not differences and (gone or any(line.is_changed for line in marked)):
        differences = 1
    return Tried(plan, chosen, marked, cards, problems, differences, gone)


def manager_words(answer: ManagerAnswer, names: Names) -> str:
    """What the PBX is answered, and why."""
    phones = ", ".join(answer.phones)
    text = str(MANAGER[answer.why]) % {"user": names.user(answer.user_id), "phones": phones}
    if answer.phones:
        return text
    return " ".join(
        [text, _("The scenario goes on with code %(code)s.", code=answer.returned_code)]
    )


def _told(trial: Trial, rules: Rules) -> tuple[Plan, list[Line], list[Card]]:
    plan = try_call(trial.call, trial.hits, rules, trial.office, trial.now)
    integration, names = trial.integration, trial.names
    lines = [
        Line(
            sentence(line.reason.code, line.reason.values, names),
            line.seconds,
            tone(line.reason.code),
            setting_url(integration.id, line.path, rules.settings),
        )
        for line in tell(plan, rules.settings)
        if is_told(line.reason.code, line.reason.values)
    ]
    shown = Shown(
        rules.settings, trial.choices, names, integration.timezone, trial.office.lists.fields
    )
    return plan, lines, cards_of(plan, shown)


def _marked(line: Line, *, is_changed: bool) -> Line:
    return Line(line.text, line.seconds, line.tone, line.href, is_changed)


def presets(address: Callable[[Mapping[str, str]], str]) -> list[tuple[str, str]]:
    """The usual calls, each with its address."""
    usual = (
        (_("New client, answered"), {"who": "new"}),
        (_("New client, lost"), {"who": "new", "outcome": "missed"}),
        (_("Known client with a manager"), {"who": "known"}),
        (_("Outgoing, no answer"), {"direction": "outbound", "who": "new", "outcome": "missed"}),
    )
    return [(label, address(chosen)) for label, chosen in usual]
