"""The live check: which links of the chain from the telephone to the CRM a test call has lit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.vocabulary import CallState, Direction

PATIENCE_SECONDS = 30
RECORDING_SECONDS = 120


class LinkName(StrEnum):
    NOTIFICATION = "notification"
    CALL = "call"
    EMPLOYEE = "employee"
    DECISION = "decision"
    WRITTEN = "written"
    RECORDING = "recording"


class Light(StrEnum):
    """`OPEN`: does not happen for this call, and that is no fault."""

    LIT = "lit"
    WAITING = "waiting"
    DARK = "dark"
    OPEN = "open"


@dataclass(frozen=True)
class Link:
    """`why` is a code: why it is dark or open."""

    name: LinkName
    light: Light
    why: str = ""


@dataclass(frozen=True)
class Seen:
    """What is known of the test call. `seconds` have passed since something was last heard,
    `ended_seconds` is the same after its end, None while it goes on."""

    seconds: float
    has_notification: bool = False
    has_rejected: bool = False
    has_call: bool = False
    direction: str | None = None
    has_phone: bool = False
    employee_id: str | None = None
    user_id: str | None = None
    is_published: bool = True
    is_paused: bool = False
    is_decided: bool = False
    state: str | None = None
    state_reason: str | None = None
    has_recording: bool = False
    is_answered: bool = False
    ended_seconds: float | None = None

    @property
    def is_ended(self) -> bool:
        return self.ended_seconds is not None

    @property
    def is_late(self) -> bool:
        return self.seconds >= PATIENCE_SECONDS


def chain(seen: Seen) -> tuple[Link, ...]:
    """All links in their order. Each is judged by itself: one that is dark does not always keep
    the later ones from being lit."""
    return (
        _notification(seen),
        _call(seen),
        _employee(seen),
        _decision(seen),
        _written(seen),
        _recording(seen),
    )


def is_over(links: tuple[Link, ...]) -> bool:
    """Whether nothing more is waited for."""
    return all(link.light is not Light.WAITING for link in links)


def _notification(seen: Seen) -> Link:
    name = LinkName.NOTIFICATION
    if seen.has_notification:
        return Link(name, Light.LIT)
    if seen.has_rejected:
        return Link(name, Light.DARK, "rejected")
    return _late(seen, name, "no_notification")


def _call(seen: Seen) -> Link:
    name = LinkName.CALL
    if seen.direction == Direction.INTERNAL:
        return Link(name, Light.DARK, "internal")
    if seen.direction and seen.has_phone:
        return Link(name, Light.LIT)
    if seen.is_ended:
        return Link(name, Light.DARK, "no_number")
    return _late(seen, name, "not_taken_in") if seen.has_notification else _wait(name)


def _employee(seen: Seen) -> Link:
    name = LinkName.EMPLOYEE
    if seen.employee_id:
        return Link(name, Light.LIT) if seen.user_id else Link(name, Light.DARK, "unmapped")
    return Link(name, Light.DARK, "nobody_answered") if seen.is_ended else _wait(name)


def _decision(seen: Seen) -> Link:
    name = LinkName.DECISION
    if seen.is_decided:
        return Link(name, Light.LIT)
    if not seen.is_published:
        return Link(name, Light.OPEN, "not_published")
    if seen.is_paused:
        return Link(name, Light.OPEN, "paused")
    if seen.state == CallState.FAILED:
        return Link(name, Light.DARK, seen.state_reason or "")
    return _stuck(seen, name)


def _written(seen: Seen) -> Link:
    name = LinkName.WRITTEN
    match seen.state:
        case CallState.WRITTEN:
            return Link(name, Light.LIT)
        case CallState.SKIPPED:
            return Link(name, Light.OPEN, seen.state_reason or "internal")
        case CallState.FAILED:
            return Link(name, Light.DARK, seen.state_reason or "")
    if not seen.is_published:
        return Link(name, Light.OPEN, "not_published")
    if seen.is_paused:
        return Link(name, Light.OPEN, "paused")
    return _stuck(seen, name)


def _recording(seen: Seen) -> Link:
    name = LinkName.RECORDING
    if seen.has_recording:
        return Link(name, Light.LIT)
    if seen.is_ended and not seen.is_answered:
        return Link(name, Light.OPEN, "no_talk")
    if (seen.ended_seconds or 0) >= RECORDING_SECONDS:
        return Link(name, Light.DARK, "no_recording")
    return _wait(name)


def _stuck(seen: Seen, name: LinkName) -> Link:
    """A call that has ended and does not get on says why."""
    if not seen.is_ended or (seen.ended_seconds or 0) < PATIENCE_SECONDS:
        return _wait(name)
    return Link(name, Light.DARK, seen.state_reason or "stuck")


def _late(seen: Seen, name: LinkName, why: str) -> Link:
    return Link(name, Light.DARK, why) if seen.is_late else _wait(name)


def _wait(name: LinkName) -> Link:
    return Link(name, Light.WAITING)
