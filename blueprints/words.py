"""Stored words in the reader's language, each with its tone and icon: colour never speaks alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from rules.vocabulary import CallState, Create, Direction, Entity, Outcome, OwnerRule, WriteStatus


@dataclass(frozen=True)
class Word:
    """`tone` is ok, warn, error, info, accent or "" (muted); `icon` is a symbol of icons.svg."""

    label: LazyString | str
    icon: str
    tone: str = ""


CALL_STATES: Mapping[str, Word] = {
    CallState.WRITTEN: Word(_l("Written"), "circle-check", "ok"),
    CallState.SKIPPED: Word(_l("Not needed"), "circle-minus"),
    CallState.WAITING: Word(_l("Waiting"), "clock", "warn"),
    CallState.FAILED: Word(_l("Error"), "circle-alert", "error"),
}
DIRECTIONS: Mapping[str, Word] = {
    Direction.INBOUND: Word(_l("Incoming"), "phone-incoming"),
    Direction.OUTBOUND: Word(_l("Outgoing"), "phone-outgoing"),
    Direction.INTERNAL: Word(_l("Internal"), "arrow-left-right"),
}
# The colours of calls: answered ok, lost error, failed warn, unknown muted.
OUTCOMES: Mapping[str, Word] = {
    Outcome.ANSWERED: Word(_l("Answered"), "phone-call", "ok"),
    Outcome.LOST: Word(_l("Lost"), "phone-missed", "error"),
    Outcome.FAILED: Word(_l("Unsuccessful"), "phone-off", "warn"),
    Outcome.UNKNOWN: Word(_l("Unknown"), "circle-help"),
}
IN_PROGRESS = Word(_l("Going on"), "phone-call", "accent")
ENTITIES: Mapping[str, Word] = {
    Entity.CLIENT: Word(_l("Client"), "contact-round", "accent"),
    Entity.LEAD: Word(_l("Lead"), "target", "accent"),
    Entity.DEAL: Word(_l("Deal"), "handshake", "accent"),
    Entity.TASK: Word(_l("Task"), "square-check-big", "accent"),
}
CALL_ENTRY = Word(_l("Call in the history"), "phone", "accent")
WRITE_STATUSES: Mapping[str, Word] = {
    WriteStatus.PLANNED: Word(_l("Planned"), "clock", "warn"),
    WriteStatus.SENT: Word(_l("Sent, answer unknown"), "circle-help", "warn"),
    WriteStatus.DONE: Word(_l("Done"), "circle-check", "ok"),
    WriteStatus.DEAD: Word(_l("Refused"), "circle-alert", "error"),
    WriteStatus.SKIPPED: Word(_l("Given up"), "circle-minus"),
}
NOTIFICATION_STATES: Mapping[str, Word] = {
    "pending": Word(_l("Accepted"), "clock", "info"),
    "taken": Word(_l("Accepted"), "circle-check", "ok"),
    "ignored": Word(_l("Not used"), "circle-minus"),
    "rejected": Word(_l("Not read"), "circle-alert", "error"),
}
EVENTS: Mapping[str, LazyString] = {
    "incoming_call": _l("Incoming call"),
    "waiting_answer": _l("An employee's phone rings"),
    "call_accepted": _l("An employee picked up"),
    "talk_started": _l("The talk started"),
    "talk_finished": _l("The talk ended"),
    "leg_finished": _l("One side hung up"),
    "call_finished": _l("The call ended"),
    "lost_call": _l("The call was lost"),
    "outgoing_call": _l("Outgoing call"),
    "record_ready": _l("The recording is ready"),
    "tag_set": _l("A tag was set"),
}
WRITES: Mapping[str, LazyString] = {
    "client": _l("Create the client"),
    "lead": _l("Create the lead"),
    "deal": _l("Create the deal"),
    "task": _l("Create the task"),
    "call": _l("Write the call into the history"),
    "recording": _l("Add the recording"),
    "complete": _l("Complete the details"),
    "taskline": _l("Add a line to the open task"),
    "taskdone": _l("Close the task to call back"),
    "find_clients": _l("Look for the client"),
}
LEGS: Mapping[str, LazyString] = {
    "ring": _l("The phone rang"),
    "dial": _l("Waited for the client"),
    "talk": _l("Talked"),
}
CREATES: Mapping[str, LazyString] = {
    Create.LEAD: _l("Create a lead"),
    Create.DEAL: _l("Create a deal"),
    Create.LEAD_AND_DEAL: _l("Create a lead and a deal"),
    Create.NOTHING: _l("Create nothing"),
}
OWNER_RULES: Mapping[str, LazyString] = {
    OwnerRule.ANSWERED_BY: _l("Employee who answered the call"),
    OwnerRule.FINISHED_BY: _l("Employee who finished the call"),
    OwnerRule.CALLER: _l("Employee who made the call"),
    OwnerRule.FROM_CLIENT_CARD: _l("Employee from the client's card"),
    OwnerRule.FROM_SETTINGS: _l("Employee from the integration settings"),
}
CONTACTS: Mapping[str, LazyString] = {
    "first": _l("First contact"),
    "repeat": _l("Repeat contact"),
}
FALLBACKS: Mapping[str, LazyString] = {
    "responsible_from_settings": _l("Responsible employee from the integration settings"),
    "client_responsible": _l("The client's responsible"),
    "nobody": _l("Nobody could be named"),
}


def word(words: Mapping[str, Word], stored: str | None) -> Word:
    """The word for a stored one; an unknown one is shown as it is."""
    return words.get(stored or "") or Word(stored or "–", "circle-help")


def outcome_word(outcome: str | None) -> Word | None:
    """None while nobody can know."""
    return word(OUTCOMES, outcome) if outcome else None
