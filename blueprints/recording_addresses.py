"""What pages show of a call's recordings: where a player finds each, its state, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, url_for
from flask_babel import LazyString

from blueprints.recording_words import RECORDING_STATES
from models import CallSession, Integration
from models.base import EPOCH
from rules.recording_states import RecordingState, deleted_at, is_leaving, recording_state
from services.recording_copies import Copies
from services.recording_links import RecordingLink, record_id, sign


@dataclass(frozen=True)
class ShownRecording:
    """`address` is None where nothing can be played. `leaves_at`: the PBX deletes it in a few days
    and no copy of ours will stay."""

    state: RecordingState
    address: str | None = None
    seconds: int | None = None
    leaves_at: datetime | None = None
    kept_until: datetime | None = None

    @property
    def text(self) -> LazyString:
        return RECORDING_STATES[self.state]

    @property
    def is_ready(self) -> bool:
        return self.state is RecordingState.READY


def show_recordings(
    call: CallSession, integration: Integration, copies: Copies, now: datetime
) -> list[ShownRecording]:
    """One per recording; of a call without any, one that says why. The addresses are made as if
    long ago: unlike the links that the CRM gets, they open for a login with the right only."""
    found = call.facts.get("recordings") or []
    days = integration.pbx_recording_days
    if not found:
        state = recording_state(
            call.outcome, call.ended_at, has_link=False, is_kept=False, pbx_days=days, now=now
        )
        return [ShownRecording(state)]
    return [_shown(each, call, days, copies, now) for each in found]


def _shown(
    recording: dict[str, object], call: CallSession, days: int | None, copies: Copies, now: datetime
) -> ShownRecording:
    record = record_id(str(recording["url"]))
    copy = copies.get((call.id, record))
    is_kept = copy is not None and copy.state == "kept"
    gone_at = deleted_at(call.ended_at, days)
    state = recording_state(
        call.outcome, call.ended_at, has_link=True, is_kept=is_kept, pbx_days=days, now=now
    )
    secret_key: str = current_app.extensions["ports"].secret_key
    signed = sign(RecordingLink(call.id, record, EPOCH), secret_key)
    seconds = recording.get("seconds")
    return ShownRecording(
        state,
        address=url_for("recordings.play", signed=signed) if _is_playable(state) else None,
        seconds=seconds if isinstance(seconds, int) else None,
        leaves_at=gone_at if not is_kept and is_leaving(gone_at, now) else None,
        kept_until=copy.expires_at if copy is not None and is_kept else None,
    )


def _is_playable(state: RecordingState) -> bool:
    return state is RecordingState.READY
