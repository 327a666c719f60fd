"""What can be said of a call's recording, and when the PBX deletes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from rules.vocabulary import Outcome

# Recordings come minutes after the talk.
PREPARED_WITHIN = timedelta(minutes=30)
WARN_BEFORE = timedelta(days=7)


class RecordingState(StrEnum):
    """`AWAY`: the media host does not answer now."""

    READY = "ready"
    PREPARING = "preparing"
    NONE = "none"
    EXPIRED = "expired"
    AWAY = "away"


def deleted_at(ended_at: datetime | None, pbx_days: int | None) -> datetime | None:
    """When the PBX deletes a recording; None while nobody has said how long it keeps them."""
    if ended_at is None or pbx_days is None:
        return None
    return ended_at + timedelta(days=pbx_days)


def is_leaving(gone_at: datetime | None, now: datetime) -> bool:
    """It is still there, but for a few days only: somebody should know."""
    return gone_at is not None and now < gone_at <= now + WARN_BEFORE


def recording_state(
    outcome: str | None,
    ended_at: datetime | None,
    *,
    has_link: bool,
    is_kept: bool,
    pbx_days: int | None,
    now: datetime,
) -> RecordingState:
    """What a page says before anybody has asked the media host."""
    gone_at = deleted_at(ended_at, pbx_days)
    if has_link and (is_kept or gone_at is None or now < gone_at):
        return RecordingState.READY
    if has_link:
        return RecordingState.EXPIRED
    return RecordingState.PREPARING if is_expected(outcome, ended_at, now) else RecordingState.NONE


def missing_state(ended_at: datetime | None, now: datetime) -> RecordingState:
    """What it means that the media host has no file behind its own link."""
    if ended_at is None or now < ended_at + PREPARED_WITHIN:
        return RecordingState.PREPARING
    return RecordingState.EXPIRED


def is_expected(outcome: str | None, ended_at: datetime | None, now: datetime) -> bool:
    """Somebody talked, and the recording may still come."""
    if outcome != Outcome.ANSWERED:
        return False
    return ended_at is None or now < ended_at + PREPARED_WITHIN
