"""Which setting is behind a line of an explanation, so that a page can lead to it."""

from __future__ import annotations

from rules.reasons import Code, Reason
from rules.settings import Settings
from rules.vocabulary import Contact, Direction

# No place of the settings document, but a step of the wizard all the same.
USERS = "users"

_OWNER = frozenset(
    {
        Code.OWNER_ANSWERED_BY,
        Code.OWNER_FINISHED_BY,
        Code.OWNER_CALLER,
        Code.OWNER_FROM_CLIENT_CARD,
        Code.NOBODY_ANSWERED,
        Code.NOBODY_FINISHED,
        Code.CALLER_UNKNOWN,
        Code.CARD_WITHOUT_RESPONSIBLE,
        Code.FIRST_TALKER_UNKNOWN,
    }
)
_RESPONSIBLE = frozenset(
    {
        Code.OWNER_FROM_SETTINGS,
        Code.RESPONSIBLE_NOT_SET,
        Code.FALLBACK_SETTINGS,
        Code.FALLBACK_CLIENT,
        Code.FALLBACK_NOBODY,
    }
)
_ALWAYS = {
    Code.TASK_LOST_INCOMING: "tasks.lost_incoming.assign",
    Code.TASK_FAILED_OUTGOING: "tasks.failed_outgoing.assign",
    Code.NUMBER_IGNORED: "ignore.numbers",
    Code.EMPLOYEE_UNMAPPED: USERS,
    Code.USER_INACTIVE: USERS,
    Code.CALL_INTERNAL: USERS,
}


def setting_behind(
    reason: Reason, settings: Settings, direction: Direction | None, contact: Contact | None
) -> str | None:
    """The path of the setting that a reason of a decision comes from; None where there is none.

    `contact` is None for reasons of a task, whose owner is part of its own setting.
    """
    code, side = reason.code, side_of(direction)
    if code in _ALWAYS:
        return _ALWAYS[code]
    if code in _RESPONSIBLE:
        return f"responsible.{side}_user_id"
    if code in _OWNER:
        return f"{side}.{contact}.owner" if contact else _task_of(side)
    match code:
        case Code.NO_CLIENT_WANTED:
            return f"{side}.first.create_client"
        case Code.NOTHING_WANTED:
            return f"{side}.repeat.create"
        case Code.RULE:
            return f"{side}.{reason.values.get('contact') or Contact.FIRST}.create"
        case Code.TASK_NOT_WANTED:
            return f"tasks.{reason.values['rule']}.assign"
        case Code.FIELD_LEFT_OUT | Code.FIELD_KEPT:
            return field_path(settings, reason.values["entity"], reason.values["target"])
        case _:
            return None


def field_path(settings: Settings, entity: str, target: str) -> str:
    """The place of the row that fills this CRM field; the whole list if there is none."""
    for place, row in enumerate(settings.fields):
        if (row.entity, row.target) == (entity, target):
            return f"fields.{place}.target"
    return "fields"


def side_of(direction: Direction | None) -> str:
    """The section of the settings for calls in that direction."""
    return "outgoing" if direction is Direction.OUTBOUND else "incoming"


def _task_of(side: str) -> str:
    return f"tasks.{'failed_outgoing' if side == 'outgoing' else 'lost_incoming'}.assign"
