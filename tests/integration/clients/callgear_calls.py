"""Every method of the PBX client called once, and what the simulated PBX was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime.now(UTC)
SINCE, TILL = NOW - timedelta(days=40), NOW + timedelta(days=40)
FIELDS = ("start_time", "direction", "is_lost", "finish_reason", "employees", "utm_source")
DIAL = {
    "employee_id": "101",
    "contact_phone": "+971500000011",
    "virtual_number": "+97140000001",
    "external_id": "behomes:lead:5512",
}

METHODS = {
    "account": lambda pbx, timeout=5: pbx.account(timeout=timeout),
    "employees": lambda pbx, timeout=5: pbx.employees(timeout=timeout),
    "create_employee": lambda pbx, timeout=5: pbx.create_employee(last_name="x", timeout=timeout),
    "update_employee": lambda pbx, timeout=5: pbx.update_employee(
        "101", last_name="x", phones=(), timeout=timeout
    ),
    "virtual_numbers": lambda pbx, timeout=5: pbx.virtual_numbers(timeout=timeout),
    "calls_report": lambda pbx, timeout=5: pbx.calls_report(SINCE, TILL, (), timeout=timeout),
    "start_employee_call": lambda pbx, timeout=5: pbx.start_employee_call(**DIAL, timeout=timeout),
    "find_contact": lambda pbx, timeout=5: pbx.find_contact("12025550143", timeout=timeout),
    "create_contact": lambda pbx, timeout=5: pbx.create_contact(
        last_name="x", phones=["1202"], timeout=timeout
    ),
    "update_contact": lambda pbx, timeout=5: pbx.update_contact(
        "1", personal_manager_id=None, timeout=timeout
    ),
}


def play(callgear, recipe="inbound_answered", **options):
    """A call that is over, with its report row."""
    body = {"recipe": recipe, "speed": 1000, "wait": True, "notify": False, **options}
    return str(callgear.control("POST", "/_sim/calls", body)["call_session_id"])


def written(callgear):
    rows = callgear.control("GET", "/_sim/written")["written"]
    return [(row["method"], row["params"]) for row in rows]
