"""Words for levels of access, refusals and weak passwords."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from blueprints.words import Word
from rules.passwords import LONGEST, SHORTEST, Weakness
from rules.reach import Level, Reach, Refusal, levels_to_give

LEVELS: Mapping[Level, Word] = {
    Level.EMPLOYEE: Word(_l("Employee"), "user-round"),
    Level.ADMIN: Word(_l("Administrator"), "settings", "info"),
    Level.ALL: Word(_l("Administrator of all integrations"), "settings", "accent"),
}
LEVEL_HINTS: Mapping[Level, LazyString] = {
    Level.EMPLOYEE: _l("Sees only the calls in which he takes part."),
    Level.ADMIN: _l("Sees all calls of this integration, changes its settings, invites people."),
    Level.ALL: _l("The same for every integration of this server, also for those to come."),
}
REFUSALS: Mapping[Refusal, LazyString] = {
    Refusal.SELF: _l(
        "This is your own access. So that nobody locks himself out, another administrator has to"
        " change it."
    ),
    Refusal.SEES_ALL: _l("Only an administrator of all integrations can do this."),
    Refusal.ELSEWHERE: _l(
        "This person also sees integrations that you do not see. You can only remove the person"
        " from this one."
    ),
}
WEAKNESSES: Mapping[Weakness, LazyString] = {
    Weakness.SHORT: _l("The password needs at least %(num)s characters.", num=SHORTEST),
    Weakness.LONG: _l("The password may have %(num)s characters at most.", num=LONGEST),
    Weakness.GUESSABLE: _l(
        "This password is too easy to guess. Take several words, or more different characters."
    ),
}


def level_options(actor: Reach) -> list[tuple[str, LazyString | str, LazyString]]:
    """The levels that this admin may give, for radios: value, word, what it means."""
    return [
        (level.value, LEVELS[level].label, LEVEL_HINTS[level]) for level in levels_to_give(actor)
    ]
