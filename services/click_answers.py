"""What a click is answered: status and body, stored so that a repeated request gets the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clients.errors import AmbiguousError, ClientError, NotExecutedError, RateLimitedError
from rules.dialling import Refusal

UNKNOWN_OUTCOME = "unknown_outcome"
IN_PROGRESS = "in_progress"
NOT_SENT = "not_sent"
NOT_CONNECTED = "pbx_not_connected"
UNREACHABLE = "pbx_unreachable"
STATUSES = {
    Refusal.USER_UNKNOWN: 404,
    Refusal.USER_UNMAPPED: 404,
    Refusal.USER_CAP: 429,
    Refusal.INTEGRATION_CAP: 429,
    Refusal.NUMBER_CAP: 429,
}
MESSAGES = {
    Refusal.USER_UNKNOWN: "There is no active user with this id.",
    Refusal.USER_UNMAPPED: "This user is not joined to an employee of the PBX.",
    Refusal.NUMBER_INVALID: "This is not a valid phone number.",
    Refusal.NUMBER_SHORT: "Emergency, service and internal numbers are not dialled.",
    Refusal.NUMBER_OWN: "This number belongs to the office itself.",
    Refusal.NUMBER_SATELLITE: "Satellite numbers are never dialled.",
    Refusal.NUMBER_PREMIUM: "Numbers with a special price are never dialled.",
    Refusal.COUNTRY_NOT_ALLOWED: "Calls to this country are not allowed by the settings.",
    Refusal.NO_VIRTUAL_NUMBER: "There is no active virtual number to call from.",
    Refusal.USER_CAP: "This employee has made too many calls within a minute.",
    Refusal.INTEGRATION_CAP: "Too many calls were made within a minute.",
    Refusal.NUMBER_CAP: "This number was called too often within an hour.",
    UNKNOWN_OUTCOME: "The PBX did not answer: a phone may be ringing. It is not asked again.",
    IN_PROGRESS: "The PBX is being asked for this call just now.",
    NOT_SENT: "The request was cut off before the PBX was asked: no phone rings.",
    NOT_CONNECTED: "The integration has no access to the PBX.",
    UNREACHABLE: "The PBX cannot be reached: no phone rings.",
}


@dataclass(frozen=True)
class Answer:
    """`row_id` names the stored click; `is_repeat` tells that an earlier request made it."""

    row_id: int
    status: int
    body: dict[str, Any]
    is_repeat: bool = False

    @property
    def error(self) -> str | None:
        """The code of what went wrong; None if the PBX took the call."""
        found = self.body.get("error")
        return str(found["code"]) if found else None


def dialled(request_id: str, call_session_id: str) -> dict[str, Any]:
    return _stored(202, {"request_id": request_id, "call_session_id": call_session_id})


def refused(refusal: Refusal) -> dict[str, Any]:
    """By our own rules."""
    fields = []
    if refusal.startswith(("number_", "country_")) and refusal is not Refusal.NUMBER_CAP:
        fields = [{"path": "phone", "code": str(refusal), "message": MESSAGES[refusal]}]
    return failed(STATUSES.get(refusal, 422), str(refusal), fields=fields)


def failed(
    status: int, code: str, message: str = "", *, fields: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message or MESSAGES.get(code, code)}
    return _stored(status, {"error": error | ({"fields": fields} if fields else {})})


def by_error(error: ClientError) -> tuple[str, dict[str, Any]]:
    """The state of a click that the PBX did not take, and its answer."""
    if isinstance(error, AmbiguousError):
        return "unclear", failed(504, UNKNOWN_OUTCOME)
    is_limit = isinstance(error, RateLimitedError)
    if isinstance(error, NotExecutedError) and not is_limit:
        return "refused", failed(502, UNREACHABLE)
    code = error.vendor_code or ("limit_exceeded" if is_limit else error.code)
    return "refused", failed(502, code, error.message or "The PBX refused the call.")


def repeated(row_id: int, stored: dict[str, Any]) -> Answer:
    """The stored answer again: a success is 200 now, an error keeps its status."""
    status = int(stored["status"])
    return Answer(row_id, 200 if status == 202 else status, stored["body"], is_repeat=True)


def first(row_id: int, stored: dict[str, Any]) -> Answer:
    return Answer(row_id, int(stored["status"]), stored["body"])


def _stored(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"status": status, "body": body}
