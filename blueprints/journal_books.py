"""Rows of the journal's other books: manager answers, changes told by Behomes, clicks to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.reasons import Names
from blueprints.shown import phone
from blueprints.words import Word
from models import ClickCall, CrmEvent, Integration, ManagerAnswer
from services.journal_others import CRM_EVENTS, MANAGER

MANAGER_REASONS: Mapping[str, LazyString] = {
    "manager": _l("The client's responsible was named"),
    "deputy": _l("The responsible is absent: the deputy was named"),
    "off": _l("Forwarding is switched off"),
    "no_client": _l("Behomes does not know the number"),
    "no_responsible": _l("The client has no responsible"),
    "absent": _l("The responsible is absent"),
    "no_employee": _l("The responsible is not joined to an employee of CallGear"),
    "no_phones": _l("The employee has no active phone"),
    "no_number": _l("The number was hidden or malformed"),
    "crm_away": _l("Behomes did not answer"),
    "crm_slow": _l("Behomes did not answer in time"),
    "crm_refused": _l("Behomes refused to answer"),
    "crm_busy": _l("Too many questions to Behomes at once"),
}
SOURCES: Mapping[str, LazyString] = {
    "index": _l("from our index"),
    "crm": _l("from Behomes"),
    "old_index": _l("from our index, not fresh"),
}
CRM_EVENT_TYPES: Mapping[str, LazyString] = {
    "user.updated": _l("An employee was changed"),
    "client.responsible_changed": _l("A client got another responsible"),
    "client.merged": _l("Two clients were merged"),
    "client.deleted": _l("A client was deleted"),
}
CLICK_STATES: Mapping[str, Word] = {
    "asked": Word(_l("Asked for"), "clock", "warn"),
    "sent": Word(_l("Sent, answer unknown"), "circle-help", "warn"),
    "dialing": Word(_l("Taken by CallGear"), "circle-check", "ok"),
    "refused": Word(_l("Refused by CallGear"), "circle-alert", "error"),
    "unclear": Word(_l("No answer of CallGear"), "circle-help", "warn"),
    "blocked": Word(_l("Not allowed by the settings"), "circle-minus"),
}
ORIGINS: Mapping[str, LazyString] = {
    "api": _l("from Behomes"),
    "console": _l("from the console"),
    "history": _l("from the call history"),
    "callback": _l("from the call-backs"),
    "embed": _l("from the embedded script"),
}


@dataclass(frozen=True)
class BookLine:
    """A row of a book; `href` leads to its call, "" without one."""

    at: datetime
    icon: str
    what: str
    more: str
    number: str
    badge: Word
    milliseconds: int | None = None
    href: str = ""
    raw: Any = None


def book_lines(
    name: str, rows: Iterable[Any], integration: Integration, names: Names
) -> list[BookLine]:
    """The rows of one page in words."""
    if name == MANAGER:
        return [_manager(row, integration, names) for row in rows]
    if name == CRM_EVENTS:
        return [_crm_event(row) for row in rows]
    return [_click(row, integration, names) for row in rows]


def _manager(row: ManagerAnswer, integration: Integration, names: Names) -> BookLine:
    is_named = bool(row.phones)
    more = [names.user(row.user_id)] if row.user_id else []
    more += [str(SOURCES[row.source])] if row.source and row.source in SOURCES else []
    badge = (
        Word(_("Phones were named"), "circle-check", "ok")
        if is_named
        else Word(_("The scenario goes on"), "circle-minus")
    )
    return BookLine(
        row.at,
        "user-round",
        str(MANAGER_REASONS.get(row.reason) or row.reason),
        ", ".join(more),
        phone(row.phone) if row.phone else _("Hidden number"),
        badge,
        row.milliseconds,
        _call_url(integration, row.call_session_id),
        {"phones": row.phones} if is_named else {"returned_code": row.returned_code},
    )


def _crm_event(row: CrmEvent) -> BookLine:
    if row.error:
        badge = Word(_("Error"), "circle-alert", "error")
    elif row.handled_at:
        badge = Word(_("Accepted"), "circle-check", "ok")
    else:
        badge = Word(_("Waiting"), "clock", "warn")
    return BookLine(
        row.received_at,
        "refresh-cw",
        str(CRM_EVENT_TYPES.get(row.type) or row.type),
        row.error or "",
        "",
        badge,
        raw=row.data,
    )


def _click(row: ClickCall, integration: Integration, names: Names) -> BookLine:
    who = names.employee(row.employee_id) if row.employee_id else ""
    origin = str(ORIGINS.get(row.origin) or row.origin)
    return BookLine(
        row.asked_at,
        "phone-outgoing",
        _("A call was asked for %(origin)s", origin=origin),
        ", ".join(part for part in (who, row.error or "") if part),
        phone(row.phone),
        CLICK_STATES.get(row.state) or Word(row.state, "circle-help"),
        href=_call_url(integration, row.call_session_id),
    )


def _call_url(integration: Integration, call_session_id: str | None) -> str:
    if not call_session_id:
        return ""
    return url_for("calls.show", id=integration.id, call_session_id=call_session_id)
