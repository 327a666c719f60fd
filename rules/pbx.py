"""What the PBX tells us about itself, in our words.

Ids are text. Phones are as the PBX gives them, digits without plus; extensions and SIP names stay
as they are. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.vocabulary import Direction


@dataclass(frozen=True)
class PbxAccount:
    """The account of a key; zone-less times of the PBX are in its `timezone` (IANA)."""

    app_id: str
    name: str
    timezone: str


@dataclass(frozen=True)
class EmployeePhone:
    """A number of an employee; E.164 digits, an extension or a SIP name."""

    number: str
    active: bool = True
    phone_id: str | None = None


@dataclass(frozen=True)
class Employee:
    """A person of the telephony side; `phones` in the order in which they are dialled."""

    id: str
    last_name: str = ""
    first_name: str = ""
    full_name: str = ""
    email: str | None = None
    extension: str | None = None
    phones: tuple[EmployeePhone, ...] = ()
    status_id: str | None = None


@dataclass(frozen=True)
class VirtualNumber:
    """A number of the account that clients dial."""

    id: str
    number: str
    active: bool = True
    name: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class PbxContact:
    """An entry of the PBX's address book."""

    id: str
    last_name: str = ""
    first_name: str = ""
    phones: tuple[str, ...] = ()
    personal_manager_id: str | None = None


@dataclass(frozen=True)
class RowEmployee:
    """An employee who took part in a call of the report."""

    employee_id: str
    full_name: str = ""
    is_answered: bool = False
    is_talked: bool = False


@dataclass(frozen=True)
class PointLimits:
    """The PBX's points as last told; each is None until told. Resets are seconds from then."""

    day_limit: int | None = None
    day_remaining: int | None = None
    day_reset: int | None = None
    hour_limit: int | None = None
    hour_remaining: int | None = None
    hour_reset: int | None = None
    minute_limit: int | None = None
    minute_remaining: int | None = None
    minute_reset: int | None = None


@dataclass(frozen=True)
class CallRow:
    """One call session of the calls report; a member is None unless its field was asked for.

    `parameters` are the template variables that the row fills (`rules/variables.py`),
    as text: lists joined by ", ", flags `true`/`false`, times as the PBX wrote them; empty ones are
    left out. `extra` holds every other field as it came.
    """

    call_session_id: str
    direction: Direction | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    is_lost: bool | None = None
    finish_reason: str | None = None  # platform spelling, docs/callgear.md 2.9
    source: str | None = None
    contact_phone_number: str | None = None
    virtual_phone_number: str | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    total_seconds: int | None = None
    is_transfer: bool | None = None
    employees: tuple[RowEmployee, ...] = ()
    first_answered_employee_id: str | None = None
    first_talked_employee_id: str | None = None
    last_talked_employee_id: str | None = None
    external_id: str | None = None
    tags: tuple[str, ...] = ()
    record_links: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CallsPage:
    """The first calls of a period, in the order of their start; `is_full`: there are more."""

    rows: tuple[CallRow, ...]
    is_full: bool
