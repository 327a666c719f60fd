"""Who took part in a call, as the CRM's history tells it."""

from __future__ import annotations

from collections.abc import Mapping

from rules.bodies import Participant
from rules.facts import CallFacts
from rules.owner import People

Extensions = Mapping[str, str | None]


def participants(
    facts: CallFacts, people: People, extensions: Extensions
) -> tuple[Participant | None, list[Participant]]:
    """The employee of the entry (who finished, else answered, else started the call; None without
    one), and everybody who talked, in the order of their first talk."""
    talked = [
        _participant(employee, seconds, people, extensions)
        for employee, seconds in _talks(facts).items()
    ]
    by_id = {each.employee_id: each for each in talked}
    named = facts.finished_by or facts.answered_by or facts.caller
    if not named:
        return None, talked
    return by_id.get(named) or _participant(named, None, people, extensions), talked


def _talks(facts: CallFacts) -> dict[str, int | None]:
    found = {talk.employee_id: talk.seconds for talk in facts.talks}
    if facts.has_talk:
        alone = facts.talk_seconds if not found else None
        for employee in (facts.answered_by, facts.finished_by):
            if employee and employee not in found:
                found[employee] = alone
    return found


def _participant(
    employee_id: str, seconds: int | None, people: People, extensions: Extensions
) -> Participant:
    user = people.user_by_employee.get(employee_id)
    return Participant(employee_id, user, extensions.get(employee_id), seconds)
