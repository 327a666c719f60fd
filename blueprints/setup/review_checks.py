"""The checks of the review: what keeps the settings from being applied, and what is advised."""

from __future__ import annotations

from dataclasses import dataclass

from blueprints.language import select_locale
from blueprints.setting_links import setting_url
from blueprints.setup.advice_words import advice_sentence
from blueprints.setup.matrix import absent_users
from rules.choices import Choices
from rules.settings import Settings
from rules.settings_advice import Kind, advice
from rules.settings_checks import Problem
from rules.settings_words import sentence


@dataclass(frozen=True)
class Check:
    """Something to look at; `is_blocking` keeps the settings from being applied."""

    text: str
    href: str
    is_blocking: bool
    tone: str = "warn"


def checks(
    integration_id: int, found: tuple[Problem, ...], settings: Settings, choices: Choices
) -> list[Check]:
    """What keeps the settings from being applied, then what is worth a second thought."""
    blocking = [
        Check(sentence(each, select_locale()), problem_url(integration_id, each, settings), True)
        for each in found
    ]
    known = {problem.path for problem in found}
    numbers = [each.number for each in choices.numbers if each.active] or None
    advised = [
        Check(
            advice_sentence(each),
            setting_url(integration_id, each.path),
            False,
            "warn" if each.kind in (Kind.GAP, Kind.CONTRADICTION) else "info",
        )
        for each in advice(settings, absent_users=absent_users(choices), active_numbers=numbers)
        if each.path not in known
    ]
    return blocking + advised


def problem_url(integration_id: int, problem: Problem, settings: Settings) -> str:
    """Where it is mended; problems count the rows of `fields`, pages know them by their ids."""
    steps = problem.path.split(".")
    if steps[0] == "fields" and len(steps) > 1 and steps[1].isdecimal():
        place = int(steps[1])
        if place < len(settings.fields):
            steps[1] = settings.fields[place].id
    return setting_url(integration_id, ".".join(steps))
