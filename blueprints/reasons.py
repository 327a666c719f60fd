"""Reason codes with values, told as sentences in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from blueprints import words
from rules.reasons import Code

SENTENCES: Mapping[str, LazyString] = {
    Code.NUMBER_READ: _l("The number was read: %(phone)s."),
    Code.NUMBER_RAW: _l("%(phone)s is not a valid phone number: it is used as it came."),
    Code.NUMBER_HIDDEN: _l(
        "The number is hidden or too short: the call is logged without a client."
    ),
    Code.CLIENT_FOUND: _l("Behomes knows this number: client %(client_id)s. A repeat contact."),
    Code.CLIENT_FOUND_OURS: _l(
        "We created the client with this number ourselves a moment ago. A repeat contact."
    ),
    Code.CLIENT_NOT_FOUND: _l("Behomes has no client with this number. A first contact."),
    Code.CLIENT_CHOSEN_OPEN_ITEM: _l(
        "Several clients have this number. %(client_id)s was taken: only this one has an open"
        " lead or deal. Not taken: %(others)s."
    ),
    Code.CLIENT_CHOSEN_OLDEST: _l(
        "Several clients have this number. %(client_id)s was taken as the oldest one."
        " Not taken: %(others)s."
    ),
    Code.HITS_REJECTED: _l(
        "Behomes also returned clients with other numbers (%(count)s): they were not used."
    ),
    Code.CLIENT_GONE: _l("Client %(client_id)s has been deleted in Behomes."),
    Code.RULE: _l("Rule for this call: %(contact)s, %(create)s."),
    Code.CALL_INTERNAL: _l("An internal call: it stays in our history only."),
    Code.NUMBER_IGNORED: _l(
        "The number is on the ignore list: the call is logged, nothing is made."
    ),
    Code.NO_CLIENT_WANTED: _l(
        "The settings say not to create a client on a first contact: nothing is made."
    ),
    Code.NOTHING_WANTED: _l("The settings say to create nothing on a repeat contact."),
    Code.TASK_LOST_INCOMING: _l("The call was lost: the settings ask for a task to call back."),
    Code.TASK_FAILED_OUTGOING: _l(
        "The client was not reached: the settings ask for a task to call back."
    ),
    Code.TASK_NOT_WANTED: _l("The settings ask for no task after such a call."),
    Code.TASK_LINE: _l(
        "Task %(task_id)s for this client is still open: a line is added to it, no second task."
    ),
    Code.TASK_CLOSED: _l("The earlier task %(task_id)s is closed: a new one is made."),
    Code.TASK_REACHED: _l(
        "The client was reached by %(employee)s: task %(task_id)s to call back is closed."
    ),
    Code.TASK_LEFT: _l(
        "The client was reached; task %(task_id)s was closed or deleted in Behomes already."
    ),
    Code.TASK_NOT_CLOSABLE: _l(
        "The client was reached, but this Behomes cannot close tasks: close task %(task_id)s there."
    ),
    Code.DECISION_STANDS: _l(
        "Later notifications say something else; the decision stands as it was made."
    ),
    Code.LATE_INTERNAL: _l(
        "Only later it became known that the call is internal: it is not logged in Behomes;"
        " what was made stays."
    ),
    Code.CLOSED_BY_TIME: _l("No end was told within %(hours)s hours: the call was closed by us."),
    Code.ASKED_CLIENT: _l("%(by)s asked for a client with this number: one is made."),
    Code.ASKED_CLIENT_BY_RULE: _l(
        "%(by)s asked for a client with this number: a rule makes one already."
    ),
    Code.ASKED_CLIENT_KNOWN: _l(
        "%(by)s asked for a client with this number: there is one, so none is made."
    ),
    Code.ASKED_CLIENT_HIDDEN: _l(
        "%(by)s asked for a client, but the call has no outside number: none is made."
    ),
    Code.OWNER_ANSWERED_BY: _l("Responsible: %(user)s, who answered the call."),
    Code.OWNER_FINISHED_BY: _l("Responsible: %(user)s, who finished the call."),
    Code.OWNER_CALLER: _l("Responsible: %(user)s, who made the call."),
    Code.OWNER_FROM_CLIENT_CARD: _l("Responsible: %(user)s, from the client's card."),
    Code.OWNER_FROM_SETTINGS: _l("Responsible: %(user)s, from the integration settings."),
    Code.NOBODY_ANSWERED: _l("Nobody answered, so there is no employee to be responsible."),
    Code.NOBODY_FINISHED: _l("Nobody talked, so there is no employee to be responsible."),
    Code.CALLER_UNKNOWN: _l("CallGear did not say which employee made the call."),
    Code.EMPLOYEE_UNMAPPED: _l("Employee %(employee)s is not joined to a user of Behomes."),
    Code.USER_INACTIVE: _l("%(user)s is no longer active in Behomes."),
    Code.CARD_WITHOUT_RESPONSIBLE: _l("The client's card names nobody responsible."),
    Code.RESPONSIBLE_NOT_SET: _l("No responsible employee is set for %(direction)s calls."),
    Code.FALLBACK_SETTINGS: _l("Instead: %(user)s, responsible in the integration settings."),
    Code.FALLBACK_CLIENT: _l("Instead: %(user)s, responsible for the client."),
    Code.FALLBACK_NOBODY: _l("Nobody is left to be responsible: Behomes gets no responsible."),
    Code.FIRST_TALKER_UNKNOWN: _l(
        "Who talked first in this transferred call is not known: %(employee)s, who talked last,"
        " counts."
    ),
    Code.FIELD_LEFT_OUT: _l(
        "Field “%(target)s” of the %(entity)s was left out: the value does not fit it."
    ),
    Code.FIELD_KEPT: _l(
        "Field “%(target)s” of the %(entity)s was already filled in Behomes and was kept."
    ),
    Code.TEXT_KEPT: _l(
        "“%(field)s” of the %(entity)s was changed by a person in Behomes and was kept."
    ),
    Code.REPORT_READ: _l("The details of the call were read from the CallGear report."),
    Code.REPORT_MISSING: _l("The CallGear report does not have this call: it stays without them."),
    Code.FOUND_IN_REPORT: _l("No notification told of this call: it was found in the report."),
    Code.COMPLETED_FROM_REPORT: _l("Completed from the CallGear report: %(lacking)s."),
    Code.CRM_REQUEST: _l("Request to Behomes: %(method)s %(path)s, answer %(status)s."),
    Code.WRITE_DONE: _l("%(kind)s: done in Behomes, id %(crm_id)s."),
    Code.WRITE_FOUND: _l("%(kind)s: Behomes already had it under our reference, id %(crm_id)s."),
    Code.WRITE_UNCLEAR: _l(
        "%(kind)s: Behomes gave no clear answer (%(error)s). In %(seconds)s s we look whether it"
        " is there."
    ),
    Code.WRITE_LATER: _l("%(kind)s: not possible now (%(error)s), again in %(seconds)s s."),
    Code.WRITE_REFUSED: _l("%(kind)s: Behomes refused: %(message)s"),
    Code.WRITE_DEAD: _l("%(kind)s: set aside after several refusals: %(message)s"),
    Code.WRITE_REPLAYED: _l("%(kind)s: sent again by hand."),
    Code.WRITE_SKIPPED: _l("%(kind)s: given up for good by %(by)s."),
    Code.WRITE_LEFT_OUT: _l("%(kind)s: no longer wanted, so it is not sent."),
    Code.DECIDED_ANEW: _l(
        "%(by)s had the call decided anew with settings version %(version)s: what is there already"
        " is not made a second time."
    ),
    Code.DUPLICATE_ALARM: _l("%(kind)s: Behomes holds %(count)s of them, the oldest is used."),
    Code.MADE_AGAIN: _l("%(kind)s: Behomes did not hold it any more; %(by)s had it created again."),
    Code.FINDING_ACCEPTED: _l(
        "%(kind)s: %(by)s said that what Behomes holds of it is right as it is."
    ),
    Code.KEY_REFUSED: _l("Behomes does not accept the API key: we wait for a new one."),
    Code.CRASHED: _l("An error of our own: %(error)s. The call is tried again."),
    Code.ERASED: _l("All that told of the client was erased at a person's request."),
    Code.AGED: _l("All that told of the client was erased: the time for keeping it was over."),
}

# Why a call stands where it stands: `CallSession.state_reason`, beside the codes above.
STATE_REASONS: Mapping[str, LazyString] = {
    "not_published": _l("The integration is not turned on yet"),
    "paused": _l("Processing is paused"),
    "in_progress": _l("The call is going on"),
    "retry": _l("Behomes did not answer, we try again"),
    "settling": _l("Behomes gave no clear answer, we check"),
    "replayed": _l("It is being carried out again"),
    "report": _l("Waiting for the CallGear report"),
    "crm_away": _l("Behomes does not answer"),
    "crm_unknown": _l("Behomes has not answered once yet"),
    "key_refused": _l("Behomes does not accept the API key"),
    "forbidden": _l("The API key lacks a right in Behomes"),
    "write_refused": _l("Behomes refused an entry"),
    "internal": _l("An internal call"),
    "crashed": _l("An error of our own"),
    "erased": _l("The data of the client was erased"),
}

# The words of `clients/errors.py` for what went wrong.
ERRORS: Mapping[str, LazyString] = {
    "cannot_connect": _l("no connection"),
    "rate_limited": _l("too many requests"),
    "timeout": _l("no answer in time"),
    "invalid_auth": _l("the key is not accepted"),
    "forbidden": _l("a right is missing"),
    "not_found": _l("not found"),
    "refused": _l("refused"),
}

# What a call lacked and the calls report had: the words of `rules/reconcile.py`.
LACKING: Mapping[str, LazyString] = {
    "end": _l("the end of the call"),
    "direction": _l("the direction"),
    "phone": _l("the client's number"),
    "number": _l("the virtual number"),
    "first_talker": _l("who talked first"),
    "last_talker": _l("who talked last"),
    "talk": _l("the length of the talk"),
    "employees": _l("the employees"),
    "recording": _l("the recording"),
    "tags": _l("the tags"),
}

# These have no id that a reader of the CRM would know.
WITHOUT_ID = frozenset({"call", "recording", "complete", "taskline", "taskdone"})
DONE = _l("%(kind)s: done in Behomes.")

DECIDED = frozenset({Code.RULE, Code.TASK_LOST_INCOMING, Code.TASK_FAILED_OUTGOING})
GOOD = frozenset({Code.WRITE_DONE, Code.WRITE_FOUND, Code.TASK_REACHED})
DOUBTFUL = frozenset(
    {
        Code.NUMBER_RAW,
        Code.NOBODY_ANSWERED,
        Code.NOBODY_FINISHED,
        Code.CALLER_UNKNOWN,
        Code.EMPLOYEE_UNMAPPED,
        Code.USER_INACTIVE,
        Code.CARD_WITHOUT_RESPONSIBLE,
        Code.RESPONSIBLE_NOT_SET,
        Code.FALLBACK_NOBODY,
        Code.FIELD_LEFT_OUT,
        Code.WRITE_UNCLEAR,
        Code.WRITE_LATER,
        Code.REPORT_MISSING,
        Code.TASK_NOT_CLOSABLE,
    }
)
BAD = frozenset(
    {Code.WRITE_REFUSED, Code.WRITE_DEAD, Code.KEY_REFUSED, Code.CRASHED, Code.DUPLICATE_ALARM}
)


@dataclass(frozen=True)
class Names:
    """Names for the ids in reasons; an id without one is shown itself."""

    employees: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)

    def employee(self, employee_id: str | None) -> str:
        return self.employees.get(employee_id or "") or employee_id or "–"

    def user(self, user_id: str | None) -> str:
        return self.users.get(user_id or "") or user_id or "–"


def sentence(code: str, values: Mapping[str, Any], names: Names) -> str:
    """The sentence of a reason; a code that we do not know is shown as it is."""
    is_short = code == Code.WRITE_DONE and values.get("kind") in WITHOUT_ID
    text = DONE if is_short else SENTENCES.get(code)
    return str(text) % _spoken(values, names) if text else code


def is_told(code: str, values: Mapping[str, Any]) -> bool:
    """Whether a reason is part of the story: requests are listed apart, and the rule of a call
    that creates nothing is told by the reasons before it."""
    return code != Code.CRM_REQUEST and not (code == Code.RULE and not values.get("create"))


def state_reason(code: str | None) -> str:
    """A few words on why a call stands where it stands; "" without a reason."""
    if not code:
        return ""
    found = STATE_REASONS.get(code)
    return str(found) if found else sentence(code, {}, Names()).rstrip(".")


def tone(code: str) -> str:
    """How a reason's dot looks in a timeline."""
    kinds = (("decided", DECIDED), ("done", GOOD), ("warn", DOUBTFUL), ("error", BAD))
    return next((kind for kind, codes in kinds if code in codes), "")


def _spoken(values: Mapping[str, Any], names: Names) -> Mapping[str, str]:
    spoken = defaultdict(lambda: "–", {name: _plain(value) for name, value in values.items()})
    spoken["employee"] = names.employee(values.get("employee_id"))
    spoken["user"] = names.user(values.get("user_id"))
    spoken["kind"] = _from(words.WRITES, values.get("kind"))
    spoken["error"] = _from(ERRORS, values.get("error"))
    spoken["lacking"] = ", ".join(_from(LACKING, what) for what in values.get("what") or ("–",))
    spoken["contact"] = _from(words.CONTACTS, values.get("contact")).lower()
    spoken["create"] = _from(words.CREATES, values.get("create")).lower()
    spoken["entity"] = str(words.word(words.ENTITIES, values.get("entity")).label).lower()
    spoken["direction"] = str(words.word(words.DIRECTIONS, values.get("direction")).label).lower()
    return spoken


def _from(table: Mapping[str, LazyString], stored: str | None) -> str:
    return str(table.get(stored or "") or stored or "–")


def _plain(value: Any) -> str:
    match value:
        case None | "" | []:
            return "–"
        case list():
            return ", ".join(str(item) for item in value)
        case _:
            return str(value)
