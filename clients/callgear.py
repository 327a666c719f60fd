"""The cloud PBX CallGear: its Data API and Call API. Vendor facts: docs/callgear.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from clients.http import Http
from rules.pbx import (
    CallRow,
    Employee,
    EmployeePhone,
    PbxAccount,
    PbxContact,
    PointLimits,
    VirtualNumber,
)

# operation, method, path, status or None, milliseconds, error code
Observer = Callable[[str, str, str, int | None, float, str | None], None]

READ_SECONDS = 30.0
WRITE_SECONDS = 20.0


class CallGearClient:
    """Talks to CallGear; cheap to make, safe to share between threads.

    `timezone` is the account's zone (IANA) if already known, else `calls_report` asks for it once.
    Every method raises the errors of `clients/errors.py` with the PBX's mnemonic as `vendor_code`;
    `LimitExceeded.retry_after` is the reset of the limit that was hit. Nothing is sent twice.
    """

    limits: PointLimits  # of the Data API, as last told

    def __init__(
        self,
        http: Http,
        *,
        data_api_url: str,
        call_api_url: str,
        access_token: str,
        call_access_token: str | None = None,
        timezone: str | None = None,
        on_request: Observer | None = None,
    ) -> None:
        raise NotImplementedError

    def observed(self, on_request: Observer) -> CallGearClient:
        """The same client, reporting each request to `on_request`."""
        raise NotImplementedError

    def account(self, *, timeout: float = WRITE_SECONDS) -> PbxAccount:
        """Whose key this is: the connection test."""
        raise NotImplementedError

    def employees(self, *, timeout: float = READ_SECONDS) -> tuple[Employee, ...]:
        """All employees; `timeout` is per page."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def virtual_numbers(self, *, timeout: float = READ_SECONDS) -> tuple[VirtualNumber, ...]:
        """All numbers of the account."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def find_contact(self, phone: str, *, timeout: float = WRITE_SECONDS) -> PbxContact | None:
        """The address-book entry with this number; the oldest, if there are several."""
        raise NotImplementedError

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
        raise NotImplementedError

    def update_contact(
        self,
        contact_id: str,
        *,
        personal_manager_id: str | None,
        timeout: float = WRITE_SECONDS,
    ) -> None:
        """Set or clear the personal manager (an employee id) of an address-book entry."""
        raise NotImplementedError
