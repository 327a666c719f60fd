"""Why something was done or not: codes with values. The sentences are made where they are shown.

Values are plain JSON: ids, names, counts; phones only masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Every reason code; the values each carries stand behind it."""

    # The number
    NUMBER_READ = "number_read"  # phone (masked), received (masked)
    NUMBER_RAW = "number_raw"  # phone (masked): no valid number, kept as digits
    NUMBER_HIDDEN = "number_hidden"
    # Which client
    CLIENT_FOUND = "client_found"  # client_id
    CLIENT_FOUND_OURS = "client_found_ours"  # client_id or null: made by us a moment ago
    CLIENT_NOT_FOUND = "client_not_found"
    CLIENT_CHOSEN_OPEN_ITEM = "client_chosen_open_item"  # client_id, others
    CLIENT_CHOSEN_OLDEST = "client_chosen_oldest"  # client_id, others
    HITS_REJECTED = "hits_rejected"  # count: the CRM gave clients with another number
    CLIENT_GONE = "client_gone"  # client_id
    # What is made
    RULE = "rule"  # rule, contact, create
    CALL_INTERNAL = "call_internal"
    NUMBER_IGNORED = "number_ignored"
    NO_CLIENT_WANTED = "no_client_wanted"  # first contact, create_client is off
    NOTHING_WANTED = "nothing_wanted"  # repeat contact, create is nothing
    TASK_LOST_INCOMING = "task_lost_incoming"
    TASK_FAILED_OUTGOING = "task_failed_outgoing"
    TASK_NOT_WANTED = "task_not_wanted"  # rule
    TASK_LINE = "task_line"  # task_id: added to the open task of this client
    TASK_CLOSED = "task_closed"  # task_id: the earlier one was closed or gone
    TASK_REACHED = "task_reached"  # task_id, employee_id: closed, the client was reached
    TASK_LEFT = "task_left"  # task_id: a person had closed or deleted it before us
    TASK_NOT_CLOSABLE = "task_not_closable"  # task_id: this CRM cannot close tasks
    DECISION_STANDS = "decision_stands"  # the facts have changed since
    LATE_INTERNAL = "late_internal"
    CLOSED_BY_TIME = "closed_by_time"  # hours
    # What a person asked for
    ASKED_CLIENT = "asked_client"  # by
    ASKED_CLIENT_BY_RULE = "asked_client_by_rule"  # by
    ASKED_CLIENT_KNOWN = "asked_client_known"  # by
    ASKED_CLIENT_HIDDEN = "asked_client_hidden"  # by: there is no number to make a client of
    # Who is responsible
    OWNER_ANSWERED_BY = "owner_answered_by"  # employee_id, user_id
    OWNER_FINISHED_BY = "owner_finished_by"  # employee_id, user_id
    OWNER_CALLER = "owner_caller"  # employee_id, user_id
    OWNER_FROM_CLIENT_CARD = "owner_from_client_card"  # user_id
    OWNER_FROM_SETTINGS = "owner_from_settings"  # user_id
    NOBODY_ANSWERED = "nobody_answered"
    NOBODY_FINISHED = "nobody_finished"
    CALLER_UNKNOWN = "caller_unknown"
    EMPLOYEE_UNMAPPED = "employee_unmapped"  # employee_id
    USER_INACTIVE = "user_inactive"  # user_id
    CARD_WITHOUT_RESPONSIBLE = "card_without_responsible"
    RESPONSIBLE_NOT_SET = "responsible_not_set"  # direction
    FALLBACK_SETTINGS = "fallback_settings"  # user_id
    FALLBACK_CLIENT = "fallback_client"  # user_id
    FALLBACK_NOBODY = "fallback_nobody"
    FIRST_TALKER_UNKNOWN = "first_talker_unknown"  # employee_id: the last talker counts
    # Templates and fields
    FIELD_LEFT_OUT = "field_left_out"  # entity, target, why
    FIELD_KEPT = "field_kept"  # entity, target: already filled in the CRM
    TEXT_KEPT = "text_kept"  # entity, field: a person has changed it
    REPORT_READ = "report_read"
    REPORT_MISSING = "report_missing"
    FOUND_IN_REPORT = "found_in_report"  # no notification had come
    COMPLETED_FROM_REPORT = "completed_from_report"  # what: words of `rules/reconcile.py`
    # The CRM
    CRM_REQUEST = "crm_request"  # operation, method, path, status, milliseconds, error
    WRITE_DONE = "write_done"  # kind, crm_id
    WRITE_FOUND = "write_found"  # kind, crm_id, count: found by our reference
    WRITE_UNCLEAR = "write_unclear"  # kind, error, seconds
    WRITE_LATER = "write_later"  # kind, error, seconds
    WRITE_REFUSED = "write_refused"  # kind, message
    WRITE_DEAD = "write_dead"  # kind, message
    WRITE_REPLAYED = "write_replayed"  # kind
    WRITE_SKIPPED = "write_skipped"  # kind, by: given up for good
    WRITE_LEFT_OUT = "write_left_out"  # kind: a later decision does not want it
    DECIDED_ANEW = "decided_anew"  # by, number, version
    DUPLICATE_ALARM = "duplicate_alarm"  # kind, count
    MADE_AGAIN = "made_again"  # kind, by: lost in the CRM
    FINDING_ACCEPTED = "finding_accepted"  # kind, by
    KEY_REFUSED = "key_refused"
    CRASHED = "crashed"  # error
    ERASED = "erased"
    AGED = "aged"


@dataclass(frozen=True)
class Reason:
    code: Code
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": str(self.code), "values": dict(self.values)}


def because(code: Code, **values: Any) -> Reason:
    return Reason(code, values)
