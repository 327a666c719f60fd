"""What is held about one number, in words: the names of `services/personal_data.count`."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

HELD: Mapping[str, LazyString] = {
    "calls": _l("Calls with this number"),
    "notifications": _l("Their notifications"),
    "decisions": _l("Their decisions"),
    "trace": _l("Lines of their course"),
    "crm_writes": _l("Their entries for Behomes"),
    "kept_recordings": _l("Their recordings on this server"),
    "index_of_clients": _l("The client in our index"),
    "address_book": _l("The manager in the address book of CallGear"),
    "audit_finding": _l("Findings of the audit"),
    "manager_answer": _l("Questions for the personal manager"),
    "crm_event": _l("Changes told by Behomes"),
    "click_call": _l("Calls by click"),
    "callback": _l("Call-backs"),
    "card": _l("Cards of pop-ups"),
    "console_event": _l("News for open consoles"),
    "kept_form": _l("Forms that somebody had not sent"),
    "replay_run": _l("Filters of calls carried out again"),
    "settings_version": _l("Versions of the settings that name the number"),
}
OTHER = _l("Other rows")


def held_lines(counts: Mapping[str, int]) -> list[tuple[LazyString, int]]:
    """Lines in the order of the words above; what has no name of its own comes last, as one."""
    lines = [(word, counts[name]) for name, word in HELD.items() if counts.get(name)]
    rest = sum(number for name, number in counts.items() if name not in HELD)
    return [*lines, (OTHER, rest)] if rest else lines
