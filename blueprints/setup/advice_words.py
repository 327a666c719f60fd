"""What to think over before publishing (`rules/settings_advice.py`), in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l

from blueprints.shown import phone
from rules.settings_advice import Advice, Code
from rules.vocabulary import Contact, Direction, Entity

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
Cases = Mapping[str, LazyString]

SENTENCES: Mapping[Code, LazyString] = {
    Code.MISSED_FOR_NOBODY: _l("Missed calls would be nobody's: name a responsible."),
    Code.OUTGOING_FOR_NOBODY: _l(
        "What outgoing calls create would be nobody's: name a responsible."
    ),
    Code.NOTHING_CREATED: _l("The rules create nothing: calls only go into the history."),
    Code.FUNNEL_UNUSED: _l("The funnel has no effect: no rule creates deals."),
    Code.ALWAYS_CLOSED: _l(
        "Every day of the working hours is closed: due times of tasks cannot be counted."
    ),
    Code.MANAGER_OPTIONS_UNUSED: _l(
        "Options of the personal manager are set, but the forwarding is off."
    ),
    Code.DEPUTY_UNUSED: _l("A deputy is chosen, but nothing sends calls to the deputy."),
    Code.DEPUTY_IS_AWAY: _l(
        "The deputy is inactive in Behomes: callers whose manager is away reach nobody."
    ),
    Code.NUMBER_NOT_ACTIVE: _l(
        "%(number)s is not among the active numbers of CallGear: calls by a click would fail."
    ),
    Code.NO_COUNTRY_ALLOWED: _l("No country is allowed: every call by a click would be refused."),
    Code.CAP_UNREACHABLE: _l(
        "One employee may make %(user)s calls a minute, all together only %(integration)s."
    ),
}
# Code -> the value that chooses the sentence, and the sentences.
BY_VALUE: Mapping[Code, tuple[str, Cases]] = {
    Code.NO_BACKUP: (
        "direction",
        {
            IN: _l(
                "When the employee of an incoming call is not joined to Behomes, nobody becomes"
                " responsible: name somebody for incoming calls."
            ),
            OUT: _l(
                "When the employee of an outgoing call is not joined to Behomes, nobody becomes"
                " responsible: name somebody for outgoing calls."
            ),
        },
    ),
    Code.SIDE_CREATES_NOTHING: (
        "direction",
        {
            IN: _l("Incoming calls create nothing, they only go into the history."),
            OUT: _l("Outgoing calls create nothing, they only go into the history."),
        },
    ),
    Code.NEW_NUMBERS_IGNORED: (
        "direction",
        {
            IN: _l("Incoming calls of new numbers create no client, lead or deal."),
            OUT: _l("Outgoing calls to new numbers create no client, lead or deal."),
        },
    ),
    Code.TEMPLATE_UNUSED: (
        "entity",
        {
            Entity.CLIENT: _l("The template of clients has no effect: no rule creates clients."),
            Entity.LEAD: _l("The template of leads has no effect: no rule creates leads."),
            Entity.DEAL: _l("The template of deals has no effect: no rule creates deals."),
            Entity.TASK: _l("The template of tasks has no effect: no rule creates tasks."),
        },
    ),
    Code.RESPONSIBLE_UNUSED: (
        "direction",
        {
            IN: _l("A responsible for incoming calls is named, but they create nothing."),
            OUT: _l("A responsible for outgoing calls is named, but they create nothing."),
        },
    ),
    Code.TASK_OPTIONS_UNUSED: (
        "rule",
        {
            "lost_incoming": _l(
                "Options of tasks for lost incoming calls are set, but no task is created."
            ),
            "failed_outgoing": _l(
                "Options of tasks for unsuccessful outgoing calls are set, but no task is created."
            ),
        },
    ),
}
UNNOTICED: Mapping[tuple[str, ...], LazyString] = {
    (Contact.FIRST,): _l(
        "A lost call of a new number creates neither a lead nor a task: it is easily overlooked."
    ),
    (Contact.REPEAT,): _l(
        "A lost call of a known client creates neither a deal nor a task: it is easily overlooked."
    ),
    (Contact.FIRST, Contact.REPEAT): _l(
        "A lost call creates neither a lead, nor a deal, nor a task: it is easily overlooked."
    ),
}


def advice_sentence(advice: Advice) -> str:
    """What is worth a second thought, in one sentence."""
    values = advice.values
    match advice.code:
        case Code.MISSED_UNNOTICED:
            return str(UNNOTICED[tuple(values["contacts"])])
        case Code.FIELDS_UNUSED:
            return _fields_unused(values["entity"], values["count"])
        case Code.NUMBER_NOT_ACTIVE:
            return str(SENTENCES[advice.code]) % {"number": phone(values["number"])}
        case code if code in BY_VALUE:
            name, sentences = BY_VALUE[code]
            return str(sentences[values[name]])
        case code:
            return str(SENTENCES[code]) % values


def _fields_unused(entity: str, count: int) -> str:
    if entity == Entity.DEAL:
        return ngettext(
            "%(num)d additional field of deals has no effect: no rule creates deals.",
            "%(num)d additional fields of deals have no effect: no rule creates deals.",
            count,
        )
    return ngettext(
        "%(num)d additional field of leads has no effect: no rule creates leads.",
        "%(num)d additional fields of leads have no effect: no rule creates leads.",
        count,
    )
