"""One write of the employee sync: what is sent, and what its outcome means for the step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from clients.callgear import CallGearClient
from clients.errors import ClientError
from rules.employee_sync import NewEmployee, Result, Step, Why
from rules.pbx import Employee, EmployeePhone

WRITE_SECONDS = 12.0


def send(pbx: CallGearClient, step: Step) -> str:
    """Create or fill in the step's employee; his id. Raises the errors of the client."""
    if isinstance(step.write, NewEmployee):
        return pbx.create_employee(
            last_name=step.write.last_name,
            first_name=step.write.first_name,
            email=step.write.email,
            phones=step.write.phones,
            extension=step.write.extension,
            timeout=WRITE_SECONDS,
        )
    assert step.write is not None and step.employee_id is not None
    pbx.update_employee(
        step.employee_id,
        last_name=step.write.last_name,
        phones=step.write.phones,
        email=step.write.email,
        timeout=WRITE_SECONDS,
    )
    return step.employee_id


def written(step: Step, employees: Iterable[Employee]) -> Employee:
    """The employee as he is after the write; `employees` are those who were there before."""
    assert step.employee_id is not None and step.write is not None
    if isinstance(step.write, NewEmployee):
        new = step.write
        phones = tuple(EmployeePhone(number) for number in new.phones)
        return Employee(
            step.employee_id,
            new.last_name,
            new.first_name or "",
            email=new.email,
            extension=new.extension,
            phones=phones,
        )
    (old,) = (each for each in employees if each.id == step.employee_id)
    return replace(old, email=step.write.email or old.email, phones=step.write.phones)


def resolve(step: Step, sent: Mapping[str, Any] | None) -> Step:
    """What an earlier attempt of this run sent, and nobody heard of again: if the employee is
    there now as he was to be, it was carried out."""
    if sent is None or step.write:
        return step
    meant = {"result": Result(sent["write"]), "why": Why(sent["why"]), "values": sent["meant"]}
    if step.result is Result.SKIPPED and step.employee_id:
        return replace(step, **meant)
    is_new = meant["result"] is Result.CREATED
    if is_new and step.why is Why.SAME_NAME and len(step.candidates) == 1:
        return replace(step, **meant, employee_id=step.candidates[0], candidates=())
    return step


def refused(step: Step, error: ClientError) -> Step:
    """The PBX would not have it: somebody has to look."""
    values = {"write": str(step.result), "message": error.message, "code": error.code}
    return Step(step.user, Result.CONFLICT, Why.REFUSED, step.employee_id, values)
