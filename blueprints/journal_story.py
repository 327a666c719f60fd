"""One notification from its arrival to its result, as a timeline with what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from blueprints import words
from blueprints.reasons import Names, is_told, sentence, tone
from models import CrmWrite, Notification
from rules.reasons import Code
from rules.secret_names import is_secret_name
from services.find_calls import CallStory

# Which entry of the ledger a request carried, by its operation.
UPDATES = "update_"
RECORDINGS = "/recordings/"
HIDDEN = "•••"
# The name of a member with what divides it from its value, and the value.
MEMBER = re.compile(
    r"""("?(?P<name>[\w-]{1,80})(?:"\s*:\s*|=))(?:"{1,2}(?:[^"\\\r\n]|\\.)*"{0,2}|[^\s"&,}]+)"""
)
KINDS = {"put_call": "call", "patch_call": "recording"}


@dataclass(frozen=True)
class Moment:
    """One dot of the timeline; a request has `request` and, where it carried one, its `body`."""

    at: datetime
    text: str
    tone: str = ""
    request: Mapping[str, Any] | None = None
    body: Any = None


def moments(told: Notification, story: CallStory | None, names: Names) -> list[Moment]:
    """The timeline, oldest first."""
    found = [Moment(told.received_at, _("Received and stored."), "done")]
    if told.state == "rejected":
        return [*found, Moment(told.received_at, _("It could not be read."), "error")]
    if told.state == "ignored":
        text = _("Read. This server does not use such events: nothing else happens.")
        return [*found, Moment(told.received_at, text)]
    text = _("Read and checked; it belongs to call %(id)s.", id=told.call_session_id or "–")
    found.append(Moment(told.received_at, text, "done"))
    return [*found, *_of_call(story, names)] if story else found


def _of_call(story: CallStory, names: Names) -> Iterator[Moment]:
    for entry in story.trace:
        if entry.code == Code.CRM_REQUEST:
            yield _request(entry.at, entry.values, story.writes)
        elif is_told(entry.code, entry.values):
            text = sentence(entry.code, entry.values, names)
            yield Moment(entry.at, text, tone(entry.code))


def _request(at: datetime, values: Mapping[str, Any], writes: Sequence[CrmWrite]) -> Moment:
    status = values.get("status")
    is_good = isinstance(status, int) and status < 400
    body = _body(str(values.get("operation") or ""), writes)
    return Moment(at, "", "done" if is_good else "error", values, masked(body) if body else None)


def _body(operation: str, writes: Sequence[CrmWrite]) -> Any:
    """What the ledger holds of a request; searches carry nothing."""
    if operation.startswith("create_"):
        kind = operation.removeprefix("create_")
    elif operation.startswith(UPDATES):
        kind = "complete"
    else:
        kind = KINDS.get(operation, "")
    bodies = [write.body for write in writes if write.kind == kind and write.body]
    return bodies[0] if len(bodies) == 1 else bodies or None


def masked(value: Any) -> Any:
    """The value without secrets; phones stay, this is their page."""
    if isinstance(value, Mapping):
        return {k: HIDDEN if _is_hidden(str(k)) else masked(each) for k, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(each) for each in value]
    if isinstance(value, str) and RECORDINGS in value:
        # The link alone lets anybody listen.
        return value.partition(RECORDINGS)[0] + RECORDINGS + HIDDEN
    return value


def masked_text(raw: str) -> str:
    """The same of a body as it came, which need not be readable: JSON or a form, also broken."""
    return MEMBER.sub(lambda it: f"{it[1]}{HIDDEN}" if _is_hidden(it["name"]) else it[0], raw)


def _is_hidden(name: str) -> bool:
    """The PBX's own link to a recording opens without a login, and nobody would be noted."""
    return is_secret_name(name) or name.endswith("file_link")


def write_words(write: CrmWrite) -> str:
    return str(words.WRITES.get(write.kind) or write.kind)
