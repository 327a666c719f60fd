"""The cloud PBX CallGear: its Data API and Call API. Vendor facts: docs/callgear.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clients import callgear_rows as rows
from clients.callgear_lists import read_all, read_page
from clients.callgear_rpc import CLEARED, LastLimits, Observer, Rpc, created_id
from clients.errors import AmbiguousError, NotFoundError, RefusedError
from clients.http import Http, OnReply
from clients.notification_members import read_id, read_text
from rules.absence import Status
from rules.pbx import (
    CallRow,
    CallsPage,
    Employee,
    EmployeePhone,
    PbxAccount,
    PbxContact,
    PointLimits,
    VirtualNumber,
)
from rules.phones import digits_of

__all__ = ["CallGearClient", "Observer"]

T = TypeVar("T")

READ_SECONDS = 30.0
WRITE_SECONDS = 20.0
PAGE_ROWS = 1000
MEDIA_HOST = "media.callgear.com"
FILTER_REFUSED = frozenset({"invalid_parameter_value", "filter_prohibited"})


class CallGearClient:
    """Talks to CallGear; cheap to make, safe to share between threads.

    `timezone` is the account's zone (IANA) if already known, else `calls_report` asks for it once.
    `media_host` is where a record is that the report names without a link.
    Every method raises the errors of `clients/errors.py` with the PBX's mnemonic as `vendor_code`;
    `LimitExceeded.retry_after` is the reset of the limit that was hit. Nothing is sent twice.
    """

    def __init__(
        self,
        http: Http,
        *,
        data_api_url: str,
        call_api_url: str,
        access_token: str,
        call_access_token: str | None = None,
        timezone: str | None = None,
        media_host: str = MEDIA_HOST,
        page_rows: int = PAGE_ROWS,
        on_request: Observer | None = None,
    ) -> None:
        self._limits = LastLimits()
        self._data = Rpc(http, data_api_url, access_token, self._limits, on_request)
        call_token = call_access_token or access_token
        self._call = Rpc(http, call_api_url, call_token, LastLimits(), on_request)
        self._timezone = timezone
        self._media_host = media_host
        self._page_rows = max(2, page_rows)  # pages overlap by a row

    @property
    def limits(self) -> PointLimits:
        """The points of the Data API as last told by any answer; all None before the first."""
        return self._limits.seen

    def observed(self, on_request: Observer) -> CallGearClient:
        """The same client, reporting each request to `on_request`."""
        made = copy(self)
        made._data = self._data.observed(on_request)
        made._call = self._call.observed(on_request)
        return made

    def heard(self, on_reply: OnReply) -> CallGearClient:
        """The same client, showing each answer of the Data API to `on_reply`."""
        made = copy(self)
        made._data = self._data.heard(on_reply)
        return made

    def account(self, *, timeout: float = WRITE_SECONDS) -> PbxAccount:
        """Whose key this is: the connection test."""
        result = self._data.call("get.account", {}, timeout=timeout)
        data = result.get("data")
        row = data[0] if isinstance(data, list) and data else data
        app_id = read_id(row.get("app_id")) if isinstance(row, Mapping) else None
        if not isinstance(row, Mapping) or app_id is None:
            raise AmbiguousError("the account has no id", code="unexpected_answer")
        zone = read_text(row.get("timezone")) or "UTC"
        self._timezone = zone
        return PbxAccount(app_id, read_text(row.get("name")) or "", zone)

    def employees(self, *, timeout: float = READ_SECONDS) -> tuple[Employee, ...]:
        """All employees; `timeout` is per page."""
        return self._all("get.employees", rows.EMPLOYEE_FIELDS, rows.employee, timeout)

    def statuses(self, *, timeout: float = READ_SECONDS) -> tuple[Status, ...]:
        """The statuses that employees can have, the account's own among them."""
        return self._all("get.statuses", rows.STATUS_FIELDS, rows.status, timeout)

    def employee_statuses(self, *, timeout: float = READ_SECONDS) -> dict[str, str | None]:
        """The status of each employee, by employee id; a point for a thousand of them."""
        names = rows.EMPLOYEE_STATUS_FIELDS
        found = self._all("get.employees", names, rows.employee, timeout)
        return {each.id: each.status_id for each in found}

    def create_employee(
        self,
        *,
        last_name: str,
        first_name: str | None = None,
        email: str | None = None,
        phones: Sequence[str] = (),
        extension: str | None = None,
        timeout: float = WRITE_SECONDS,
    ) -> str:
        """Create an employee and return the id. AmbiguousError if it may have been made."""
        params = {
            "last_name": last_name,
            "first_name": first_name,
            "email": email,
            "phone_numbers": [{"phone_number": _digits(phone)} for phone in phones] or None,
            "extension": {"extension_phone_number": extension} if extension else None,
        }
        return self._created("create.employees", params, timeout)

    def update_employee(
        self,
        employee_id: str,
        *,
        last_name: str,
        phones: Sequence[EmployeePhone],
        email: str | None = None,
        timeout: float = WRITE_SECONDS,
    ) -> None:
        """Set the last name and the whole list of phones, and the e-mail if given."""
        params = {
            "id": _number(employee_id),
            "last_name": last_name,
            "phone_numbers": [_phone(phone) for phone in phones],
            "email": email,
        }
        self._data.call("update.employees", params, timeout=timeout)

    def virtual_numbers(self, *, timeout: float = READ_SECONDS) -> tuple[VirtualNumber, ...]:
        """All numbers of the account."""
        return self._all("get.virtual_numbers", rows.NUMBER_FIELDS, rows.virtual_number, timeout)

    def calls_report(
        self,
        since: datetime,
        till: datetime,
        fields: Sequence[str],
        *,
        call_session_ids: Iterable[str] | None = None,
        timeout: float = READ_SECONDS,
    ) -> tuple[CallRow, ...]:
        """The calls that started between two aware times, oldest first, with the named fields.

        `fields` are the report's names; `id` is always added. One point per 1,000 rows. At most
        three months at once.
        """
        zone = self._zone(timeout)
        params = rows.report_params(since, till, zone)
        if call_session_ids is not None:
            wanted = [int(one) for one in call_session_ids if one.isdecimal()]
            if not wanted:
                return ()
            params["filter"] = {"field": "id", "operator": "in", "value": wanted}

        def make(row: rows.Row) -> CallRow:
            return rows.call_row(row, zone=zone, media_host=self._media_host)

        names = rows.report_fields(fields)
        return self._all("get.calls_report", names, make, timeout, params)

    def first_calls(
        self,
        since: datetime,
        till: datetime,
        fields: Sequence[str],
        *,
        timeout: float = READ_SECONDS,
    ) -> CallsPage:
        """As `calls_report`, but the first page only: one point, and no row can slip past."""
        zone = self._zone(timeout)
        params = rows.report_params(since, till, zone)
        params |= {"fields": list(rows.report_fields(fields)), "limit": self._page_rows}
        found, is_full = read_page(self._data, "get.calls_report", params, timeout=timeout)
        made = (rows.call_row(row, zone=zone, media_host=self._media_host) for row in found)
        return CallsPage(tuple(made), is_full)

    def start_employee_call(
        self,
        *,
        employee_id: str,
        contact_phone: str,
        virtual_number: str,
        external_id: str,
        employee_phone: str | None = None,
        first_call: str = "employee",
        timeout: float = WRITE_SECONDS,
    ) -> str:
        """Dial: ring the employee, then the contact; return the call session id at once.

        Must never be repeated: AmbiguousError means that a phone may be ringing.
        """
        employee: dict[str, Any] = {"id": _number(employee_id)}
        if employee_phone:
            employee["phone_number"] = _digits(employee_phone)
        params = {
            "first_call": first_call,
            "virtual_phone_number": _digits(virtual_number),
            "contact": _digits(contact_phone),
            "employee": employee,
            "direction": "out",  # the vendor's default is "in"
            "external_id": external_id,
        }
        result = self._call.call("start.employee_call", params, timeout=timeout)
        data = result.get("data")
        session_id = read_id(data.get("call_session_id")) if isinstance(data, Mapping) else None
        if session_id is None:
            raise AmbiguousError("the call has no id", code="unreadable", status=200)
        return session_id

    def find_contact(self, phone: str, *, timeout: float = WRITE_SECONDS) -> PbxContact | None:
        """The address-book entry with this number; the oldest, if there are several."""
        digits = _digits(phone)
        wanted = {"field": "phone_numbers", "operator": "jsquery", "value": f'# = "{digits}"'}
        method, names = "get.contacts", rows.CONTACT_FIELDS
        try:
            found = self._all(method, names, rows.contact, timeout, {"filter": wanted})
        except RefusedError as error:
            # How the filter is written for a list of texts is documented nowhere.
            if error.vendor_code not in FILTER_REFUSED:
                raise
            found = self._all(method, names, rows.contact, timeout)
        fitting = [one for one in found if digits in one.phones]
        return min(fitting, key=lambda one: int(one.id), default=None)

    def create_contact(
        self,
        *,
        last_name: str,
        phones: Sequence[str],
        first_name: str | None = None,
        personal_manager_id: str | None = None,
        timeout: float = WRITE_SECONDS,
    ) -> str:
        """Create an address-book entry and return its id."""
        params = {
            "last_name": last_name,
            "first_name": first_name,
            "phone_numbers": [_digits(phone) for phone in phones],
            "personal_manager_id": _number(personal_manager_id) if personal_manager_id else None,
        }
        return self._created("create.contacts", params, timeout)

    def update_contact(
        self,
        contact_id: str,
        *,
        personal_manager_id: str | None,
        timeout: float = WRITE_SECONDS,
    ) -> None:
        """Set or clear the personal manager (an employee id) of an address-book entry."""
        manager = _number(personal_manager_id) if personal_manager_id else CLEARED
        params = {"id": _number(contact_id), "personal_manager_id": manager}
        self._data.call("update.contacts", params, timeout=timeout)

    def _zone(self, timeout: float) -> ZoneInfo:
        name = self._timezone or self.account(timeout=timeout).timezone
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise AmbiguousError(f"unknown zone {name[:40]}", code="unexpected_answer") from None

    def _created(self, method: str, params: Mapping[str, Any], timeout: float) -> str:
        made = read_id(created_id(self._data.call(method, params, timeout=timeout)))
        if made is None:
            raise AmbiguousError("no id in the answer", code="unreadable", status=200)
        return made

    def _all(
        self,
        method: str,
        names: Sequence[str],
        make: Callable[[rows.Row], T],
        timeout: float,
        params: Mapping[str, Any] | None = None,
    ) -> tuple[T, ...]:
        asked = {"fields": list(names), "limit": self._page_rows, **(params or {})}
        return tuple(make(row) for row in read_all(self._data, method, asked, timeout=timeout))


def _number(text: str) -> int:
    """An id as the PBX wants it. What is no number cannot be there."""
    if not text.isdecimal():
        raise NotFoundError(f"there is no {text[:40]}")
    return int(text)


def _digits(phone: str) -> str:
    """A number as the PBX wants it: no plus; SIP names and extensions as they are."""
    return digits_of(phone) or phone


def _phone(phone: EmployeePhone) -> dict[str, Any]:
    row: dict[str, Any] = {
        "phone_number": _digits(phone.number),
        "status": "active" if phone.active else "inactive",
    }
    if phone.phone_id:
        row["phone_id"] = _number(phone.phone_id)
    return row
