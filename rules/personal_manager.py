"""Which phones the PBX is told for a caller who has a personal manager."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.crm import Client
from rules.owner import People
from rules.settings import AbsentManager, PersonalManager


class Why(StrEnum):
    """What led to the answer; the first two give phones."""

    MANAGER = "manager"
    DEPUTY = "deputy"
    OFF = "off"
    NO_CLIENT = "no_client"
    NO_RESPONSIBLE = "no_responsible"
    ABSENT = "absent"
    NO_EMPLOYEE = "no_employee"
    NO_PHONES = "no_phones"


@dataclass(frozen=True)
class ManagerAnswer:
    """Either `phones`, in the order in which they are rung, or the `returned_code` by which the
    scenario goes on. `user_id` is the CRM user whom the answer is about."""

    why: Why
    phones: tuple[str, ...] = ()
    returned_code: int | None = None
    user_id: str | None = None

    def as_json(self) -> dict[str, object]:
        """As the PBX is answered."""
        return (
            {"phones": list(self.phones)} if self.phones else {"returned_code": self.returned_code}
        )


def answer_manager(
    client: Client | None,
    rule: PersonalManager,
    people: People,
    phones_by_employee: Mapping[str, Sequence[str]],
    away_employees: Collection[str] = (),
) -> ManagerAnswer:
    """The phones of the client's responsible, else the code for "not found"; total.

    `phones_by_employee` are active numbers in the employee's order: digits without plus, extensions
    as they are. Absent is a responsible who is inactive or gone in the CRM, or whose employee is
    among `away_employees` by his status in the PBX.
    """
    absent = people.absent_users | {
        user for employee, user in people.user_by_employee.items() if employee in away_employees
    }
    user = client.responsible_user_id if client else None
    if not rule.enabled:
        return _not_found(Why.OFF, rule)
    if client is None:
        return _not_found(Why.NO_CLIENT, rule)
    if user is None:
        return _not_found(Why.NO_RESPONSIBLE, rule)
    if user not in absent or rule.absent is AbsentManager.RING:
        return _ring(user, Why.MANAGER, rule, people, phones_by_employee)
    deputy = rule.deputy_user_id
    if rule.absent is AbsentManager.NOT_FOUND or deputy is None or deputy in absent:
        return _not_found(Why.ABSENT, rule, user)
    return _ring(deputy, Why.DEPUTY, rule, people, phones_by_employee)


def _ring(
    user: str,
    why: Why,
    rule: PersonalManager,
    people: People,
    phones_by_employee: Mapping[str, Sequence[str]],
) -> ManagerAnswer:
    employees = (e for e, mapped in people.user_by_employee.items() if mapped == user)
    employee = next(employees, None)
    if employee is None:
        return _not_found(Why.NO_EMPLOYEE, rule, user)
    phones = tuple(phone.lstrip("+") for phone in phones_by_employee.get(employee, ()))
    if not phones:
        return _not_found(Why.NO_PHONES, rule, user)
    return ManagerAnswer(why, phones, user_id=user)


def _not_found(why: Why, rule: PersonalManager, user: str | None = None) -> ManagerAnswer:
    return ManagerAnswer(why, returned_code=rule.not_found_code, user_id=user)
