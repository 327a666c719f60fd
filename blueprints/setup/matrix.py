"""The matrix of the review: what happens in each of the eight cases of a call, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from blueprints.setting_links import setting_url
from blueprints.setup.case_words import heir_words, made_words
from blueprints.setup.lines import Line, fill, strong
from rules.cases import OUTCOMES, Case, Heir, Point, Who, cases_of
from rules.choices import Choices
from rules.settings import Settings
from rules.vocabulary import Contact, Direction, Outcome

ROWS: Mapping[tuple[Direction, Outcome], LazyString] = {
    (Direction.INBOUND, Outcome.ANSWERED): _l("Incoming, answered"),
    (Direction.INBOUND, Outcome.LOST): _l("Incoming, lost"),
    (Direction.OUTBOUND, Outcome.ANSWERED): _l("Outgoing, answered"),
    (Direction.OUTBOUND, Outcome.FAILED): _l("Outgoing, unsuccessful"),
}
POINTS: Mapping[Point, LazyString] = {
    Point.START: _l("decided when the call begins"),
    Point.ANSWER: _l("decided when somebody answers"),
    Point.END: _l("decided when the call ends"),
}


@dataclass(frozen=True)
class Cell:
    """One case of the matrix, and where its rule is set."""

    lines: list[Line]
    when: str
    href: str


@dataclass(frozen=True)
class Row:
    label: LazyString
    cells: dict[str, Cell]  # first, repeat


def matrix(integration_id: int, settings: Settings, choices: Choices) -> list[Row]:
    """What happens in each of the eight cases, told by the rules themselves."""
    cases = {
        (case.direction, case.outcome, case.contact): case
        for case in cases_of(settings, absent_users(choices))
    }
    return [
        Row(
            ROWS[direction, outcome],
            {
                contact.value: _cell(integration_id, cases[direction, outcome, contact], choices)
                for contact in Contact
            },
        )
        for direction, outcomes in OUTCOMES.items()
        for outcome in outcomes
    ]


def absent_users(choices: Choices) -> frozenset[str]:
    return frozenset(user.id for user in choices.users if not user.is_usable)


def _cell(integration_id: int, case: Case, choices: Choices) -> Cell:
    what = "create" if case.creates else "create_client" if case.contact == "first" else "create"
    href = setting_url(integration_id, f"{case.place}.{what}")
    when = str(POINTS[case.decided]) if case.creates else ""
    return Cell(list(_case_lines(case, choices)), when, href)


def _case_lines(case: Case, choices: Choices) -> Iterator[Line]:
    if case.creates and case.owner:
        yield Line(fill(_l("We create %(what)s."), what=made_words(case.creates)))
        yield _heir_line(_l("Responsible: %(who)s."), case.owner, choices)
    else:
        nothing = strong(_("Nothing is created"))
        yield Line(fill(_l("%(nothing)s, the call stays in the history."), nothing=nothing))
    if case.task:
        yield _heir_line(_l("Task for: %(who)s."), case.task, choices)


def _heir_line(text: LazyString, heir: Heir, choices: Choices) -> Line:
    told = fill(text, who=heir_words(heir, choices))
    if heir.is_gap or heir.who is Who.RESPONSIBLE or heir.backup is heir.who:
        return Line(told, "warn" if heir.is_gap else "")
    backup = _l("If that person cannot be told: nobody.")
    if heir.backup is Who.RESPONSIBLE:
        backup = _l("If that person cannot be told: the responsible from the settings.")
    return Line(Markup("%s %s") % (told, backup))
