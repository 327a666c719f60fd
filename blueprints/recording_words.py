"""What is said of recordings: their states, and why a copy was not kept."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from rules.recording_states import RecordingState

RECORDING_STATES: Mapping[str, LazyString] = {
    RecordingState.READY: _l("The recording is ready."),
    RecordingState.PREPARING: _l(
        "The recording is being prepared: CallGear gives it minutes after the talk."
    ),
    RecordingState.NONE: _l("There is no recording."),
    RecordingState.EXPIRED: _l("CallGear has deleted this recording, and no copy was kept."),
    RecordingState.AWAY: _l(
        "The recordings of CallGear do not answer at the moment. The recording is not lost:"
        " try again in a minute."
    ),
}
# Only our player says these two.
NO_RIGHT = _l("You have no right to this recording, or its link has expired.")
NO_CONNECTION = _l("Our server does not answer. Check the connection and try again.")

COPY_ERRORS: Mapping[str, LazyString] = {
    "disk_full": _l("The disk of this server is full: copies go on when there is room again."),
    "gone": _l("CallGear has the recording no more."),
    "too_large": _l("The recording is larger than 100 MB."),
    "no_audio": _l("What CallGear gave is no recording."),
    "no_link": _l("CallGear has taken the recording back."),
    "host_not_allowed": _l("The host of the recordings is not among those that may be called."),
}
COPY_ERROR = _l("The recordings of CallGear did not answer; it is tried again.")
