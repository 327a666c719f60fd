"""The words of the project, as they are stored: one enumeration per question."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What a notification tells; the names of the bodies that our set-up guide asks for."""

    INCOMING_CALL = "incoming_call"
    WAITING_ANSWER = "waiting_answer"
    CALL_ACCEPTED = "call_accepted"
    TALK_STARTED = "talk_started"
    TALK_FINISHED = "talk_finished"
    LEG_FINISHED = "leg_finished"
    CALL_FINISHED = "call_finished"
    LOST_CALL = "lost_call"
    OUTGOING_CALL = "outgoing_call"
    RECORD_READY = "record_ready"
    TAG_SET = "tag_set"


USED_EVENTS = frozenset(EventKind) - {EventKind.CALL_ACCEPTED, EventKind.LEG_FINISHED}


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a call ended: lost is incoming with no talk, failed is outgoing with no talk."""

    ANSWERED = "answered"
    LOST = "lost"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Create(StrEnum):
    LEAD = "lead"
    DEAL = "deal"
    LEAD_AND_DEAL = "lead_and_deal"
    NOTHING = "nothing"


class OwnerRule(StrEnum):
    ANSWERED_BY = "answered_by"
    FINISHED_BY = "finished_by"
    CALLER = "caller"
    FROM_CLIENT_CARD = "from_client_card"
    FROM_SETTINGS = "from_settings"


class Entity(StrEnum):
    CLIENT = "client"
    LEAD = "lead"
    DEAL = "deal"
    TASK = "task"


# Bits of `CallSession.made`.
MADE = {Entity.CLIENT: 1, Entity.LEAD: 2, Entity.DEAL: 4, Entity.TASK: 8}


class Contact(StrEnum):
    """Whether the CRM had no client with this number when the decision was made."""

    FIRST = "first"
    REPEAT = "repeat"


class CallState(StrEnum):
    """Where a call stands; each call ends in exactly one of them."""

    WRITTEN = "written"
    SKIPPED = "skipped"
    WAITING = "waiting"
    FAILED = "failed"


class WriteStatus(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    DEAD = "dead"
    SKIPPED = "skipped"  # a person, or a later decision, has given it up for good
