"""Where a page's player finds the recordings of a call."""

from __future__ import annotations

from flask import current_app, url_for

from models import CallSession
from models.base import EPOCH
from services.recording_links import RecordingLink, record_id, sign


def recording_addresses(call: CallSession) -> list[str]:
    """One address per recording. They are made as if long ago: unlike the links that the CRM
    gets, they open for a login with the right only."""
    secret_key: str = current_app.extensions["ports"].secret_key
    links = [
        RecordingLink(call.id, record_id(recording["url"]), EPOCH)
        for recording in call.facts.get("recordings", [])
    ]
    return [url_for("recordings.play", signed=sign(link, secret_key)) for link in links]
