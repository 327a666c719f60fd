"""The kinds of data that are kept for some days, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from rules.retention import Kind


@dataclass(frozen=True)
class KindWords:
    """`hint` says what belongs to it, and what remains."""

    title: LazyString
    hint: LazyString


KINDS: Mapping[str, KindWords] = {
    Kind.CALLS: KindWords(
        _l("Calls"),
        _l(
            "With their notifications, decisions, entries and notes. Afterwards the number, the"
            " name and all texts are erased; the call itself still counts in figures, and its ids"
            " stay, so that nothing is made twice."
        ),
    ),
    Kind.JOURNAL: KindWords(
        _l("Notifications that were not used"),
        _l("Of kinds that we do not need, or that could not be read."),
    ),
    Kind.CALLBACKS: KindWords(
        _l("Closed call-backs"), _l("Open ones stay until somebody has called back.")
    ),
    Kind.CLICKS: KindWords(_l("Calls by click"), _l("Who asked for which call, and when.")),
    Kind.MANAGER_ANSWERS: KindWords(
        _l("Answers about the personal manager"),
        _l("Which number CallGear asked for, and what it was told."),
    ),
    Kind.CRM_EVENTS: KindWords(
        _l("Changes told by Behomes"), _l("Only those that were taken over.")
    ),
    Kind.LISTENED: KindWords(
        _l("Who listened to recordings"), _l("Shorter than a year makes a complaint hard to check.")
    ),
    Kind.RUNS: KindWords(
        _l("Past runs"),
        _l("Of the sync, the comparison with CallGear, the audit; the newest one stays."),
    ),
}
