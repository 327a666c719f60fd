"""What the log of changes knows of: a word for each change, in groups, and what may stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from rules.phones import mask

LONGEST_TEXT = 200
MOST_ITEMS = 40
# The id of a call is a long number that is nobody's.
CALL_ID = "call"
# Nine digits in a row, with what people write between them: long enough for a phone number.
NUMBER = re.compile(r"(?<![\w.@-])\+?\d(?:[\s().\-]{0,2}\d){8,18}(?![\w@])")


class Area(StrEnum):
    SETTINGS = "settings"
    KEYS = "keys"
    PEOPLE = "people"
    LOGINS = "logins"
    DATA = "data"
    WORK = "work"
    SERVER = "server"


class Change(StrEnum):
    """`area.word`; the sentence of each is in `blueprints/change_words.py`."""

    DRAFT_SAVED = "settings.draft_saved"
    DRAFT_REPLACED = "settings.draft_replaced"
    DRAFT_DROPPED = "settings.draft_dropped"
    PUBLISHED = "settings.published"
    DETAILS_SAVED = "settings.details_saved"
    RECORDINGS_SAVED = "settings.recordings_saved"
    KEPT_DAYS_SAVED = "settings.kept_days_saved"
    ORIGINS_SAVED = "settings.origins_saved"
    NIGHTLY_SYNC_SAVED = "settings.nightly_sync_saved"
    MADE = "settings.made"
    PAUSED = "settings.paused"
    RESUMED = "settings.resumed"
    DELETED = "settings.deleted"
    RESTORED = "settings.restored"

    CONNECTION_SAVED = "keys.connection_saved"
    WEBHOOK_ROTATED = "keys.webhook_rotated"
    WEBHOOK_OFF = "keys.webhook_off"
    API_KEY_RENEWED = "keys.api_key_renewed"
    POPUP_KEY_GIVEN = "keys.popup_key_given"
    POPUP_KEY_ENDED = "keys.popup_key_ended"

    LOGIN_MADE = "people.login_made"
    INVITED = "people.invited"
    INVITATION_RENEWED = "people.invitation_renewed"
    INVITATION_REVOKED = "people.invitation_revoked"
    JOINED = "people.joined"
    LEVEL_CHANGED = "people.level_changed"
    DISABLED = "people.disabled"
    ENABLED = "people.enabled"
    REMOVED = "people.removed"
    CRM_USER_CHOSEN = "people.crm_user_chosen"
    PAIR_CHANGED = "people.pair_changed"
    SYNC_STARTED = "people.sync_started"
    SYNC_STOPPED = "people.sync_stopped"

    LOGGED_IN = "logins.logged_in"
    LOGGED_OUT = "logins.logged_out"
    LOGIN_SLOWED = "logins.slowed"
    PASSWORD_CHANGED = "logins.password_changed"
    PASSWORD_RESET = "logins.password_reset"
    SESSIONS_ENDED = "logins.sessions_ended"
    SECOND_STEP_ON = "logins.second_step_on"
    SECOND_STEP_OFF = "logins.second_step_off"
    RECOVERY_CODE_USED = "logins.recovery_code_used"

    EXPORTED = "data.exported"
    ERASURE_ASKED = "data.erasure_asked"
    ERASED = "data.erased"

    CALL_REPLAYED = "work.call_replayed"
    REPLAY_STARTED = "work.replay_started"
    REPLAY_STOPPED = "work.replay_stopped"
    WRITES_REPLAYED = "work.writes_replayed"
    WRITE_SKIPPED = "work.write_skipped"
    REPAIR_ASKED = "work.repair_asked"
    AUDIT_ASKED = "work.audit_asked"
    MADE_AGAIN = "work.made_again"
    FINDINGS_ACCEPTED = "work.findings_accepted"

    COMMAND = "server.command"

    @property
    def area(self) -> Area:
        return Area(self.value.partition(".")[0])


def fit_for_log(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they may be kept: short, and of whatever looks like a phone number the last
    four digits only."""
    known = {name: value for name, value in values.items() if value is not None}
    return {name: value if name == CALL_ID else _fit(value) for name, value in known.items()}


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return NUMBER.sub(lambda found: mask(found[0]), value)[:LONGEST_TEXT]
    if isinstance(value, Mapping):
        return {str(name): _fit(each) for name, each in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_fit(each) for each in list(value)[:MOST_ITEMS]]
    return value if isinstance(value, (bool, int, float)) else str(value)[:LONGEST_TEXT]
