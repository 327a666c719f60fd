from __future__ import annotations

import pytest

from clients.callgear_errors import http_error, rpc_error
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ErrorDetail,
    ForbiddenError,
    KeyRefusedError,
    LimitExceeded,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)
from clients.replies import Reply


def made(mnemonic, code=-32602, **data):
    error = {"code": code, "message": "No", "data": {"mnemonic": mnemonic, **data}}
    return rpc_error(error, status=200, secrets=("tok-1",))


@pytest.mark.parametrize(
    ("mnemonic", "kind", "code"),
    [
        ("access_token_invalid", KeyRefusedError, "invalid_auth"),
        ("access_token_expired", KeyRefusedError, "invalid_auth"),
        ("access_token_blocked", KeyRefusedError, "invalid_auth"),
        ("auth_error", KeyRefusedError, "invalid_auth"),
        ("ip_not_whitelisted", KeyRefusedError, "ip_not_allowed"),
        ("account_inactive", KeyRefusedError, "account_inactive"),
        ("forbidden", ForbiddenError, "forbidden"),
        ("component_disabled", ForbiddenError, "component_disabled"),
        ("method_component_disabled", ForbiddenError, "component_disabled"),
        ("parameter_component_disabled", ForbiddenError, "component_disabled"),
        ("entity_not_found", NotFoundError, "not_found"),
        ("employee_not_found", NotFoundError, "not_found"),
        ("virtual_phone_number_not_found", NotFoundError, "not_found"),
        ("call_session_not_found", NotFoundError, "not_found"),
        ("duplicate_entity", AlreadyThereError, "already_there"),
        ("already_in_use", AlreadyThereError, "already_there"),
        ("limit_exceeded", LimitExceeded, "points_exhausted"),
        ("internal_error", AmbiguousError, "server_error"),
        ("parse_error", RefusedError, "refused"),
        ("method_not_found", RefusedError, "refused"),
        ("invalid_parameter_value", RefusedError, "refused"),
        ("unexpected_parameters", RefusedError, "refused"),
        ("date_interval_limit_reached", RefusedError, "refused"),
        ("contact_in_blacklist", RefusedError, "refused"),
        ("no_active_phone_number", RefusedError, "refused"),
        ("own_virtual_phone_number_not_allowed", RefusedError, "refused"),
        ("something_new", RefusedError, "refused"),
    ],
)
@pytest.mark.parametrize("number", [-32602, "-32602", None])
def test_mnemonic_tells_the_class(mnemonic, kind, code, number):
    error = made(mnemonic, number)

    assert (type(error), error.code, error.vendor_code) == (kind, code, mnemonic)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-32001, KeyRefusedError),
        (-32003, ForbiddenError),
        (-32008, ForbiddenError),
        (-32009, KeyRefusedError),
        (-32029, LimitExceeded),
        (-32603, AmbiguousError),
        (-32700, RefusedError),
        (None, RefusedError),
        ("x", RefusedError),
    ],
)
@pytest.mark.parametrize("data", [None, "x", {}, {"mnemonic": None}, {"mnemonic": "new_word"}])
def test_code_tells_the_class_where_no_known_mnemonic_does(code, kind, data):
    error = rpc_error({"code": code, "message": "No", "data": data}, status=200, secrets=())

    assert type(error) is kind


LIMITS = {"day_remaining": 900, "day_reset": 40000, "minute_remaining": 0, "minute_reset": 31}


@pytest.mark.parametrize(
    ("data", "limit_type", "seconds"),
    [
        ({"params": {"limit_type": "minute"}, "metadata": {"limits": LIMITS}}, "minute", 31.0),
        ({"params": {"limit_type": "day"}, "metadata": {"limits": LIMITS}}, "day", 40000.0),
        ({"metadata": {"limits": LIMITS}}, "minute", 31.0),
        ({"metadata": {"limits": {**LIMITS, "day_remaining": 0}}}, "day", 40000.0),
        ({"params": {"limit_type": "minute"}}, "minute", None),
        ({"params": None, "metadata": {"limits": {}}}, None, None),
        ({"params": {"limit_type": "century"}, "metadata": []}, None, None),
    ],
)
def test_limit_tells_when_it_ends(data, limit_type, seconds):
    error = made("limit_exceeded", **data)

    assert (error.limit_type, error.retry_after) == (limit_type, seconds)


def test_field_is_named():
    error = made("data_type_error", field="employee.phone_number", value="abc")

    assert error.details == (ErrorDetail("employee.phone_number", "data_type_error"),)


def test_secrets_and_phones_are_masked():
    error = rpc_error(
        {"code": 1, "message": "tok-1 may not call +12025550143"}, status=200, secrets=("tok-1",)
    )

    assert error.message == "*** may not call ***0143"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, AmbiguousError, "unexpected_answer"),
        (404, AmbiguousError, "unexpected_answer"),
        (302, AmbiguousError, "unexpected_answer"),
        (429, RateLimitedError, "rate_limited"),
        (500, AmbiguousError, "server_error"),
        (502, AmbiguousError, "server_error"),
    ],
)
def test_status_without_json_rpc(status, kind, code):
    error = http_error(Reply(status, {"retry-after": "3"}, b"<html>"))

    assert (type(error), error.code, error.status) == (kind, code, status)
    assert error.retry_after == (3.0 if status == 429 else None)
