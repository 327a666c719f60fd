"""What each kind of trouble with the CRM is called, for every method."""

from __future__ import annotations

import pytest

from clients.behomes import BehomesClient
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ForbiddenError,
    KeyRefusedError,
    NotExecutedError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)
from clients.http import Http
from tests.integration.clients.behomes_calls import METHODS, WRITES
from tests.integration.clients.conftest import WIRE, fault


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("order", "kind", "code"),
    [
        pytest.param({"name": "key_revoked"}, KeyRefusedError, "invalid_auth", id="401"),
        pytest.param({"name": "not_found"}, NotFoundError, "not_found", id="404"),
        pytest.param({"name": "not_found", "status": 410}, NotFoundError, "not_found", id="410"),
        pytest.param(
            {"name": "rate_limited", "seconds": 7}, RateLimitedError, "rate_limited", id="429"
        ),
        pytest.param({"name": "limit_503"}, RateLimitedError, "rate_limited", id="503-limit"),
        pytest.param({"name": "error_500_before"}, AmbiguousError, "server_error", id="500"),
        pytest.param(
            {"name": "error_500_before", "body": "html"}, AmbiguousError, "server_error", id="page"
        ),
        pytest.param(
            {"name": "error_500_before", "status": 503, "body": "empty"},
            AmbiguousError,
            "server_error",
            id="503-empty",
        ),
        pytest.param({"name": "reset_before"}, AmbiguousError, "connection_lost", id="reset"),
    ],
)
def test_trouble_of_every_method(behomes, crm, method, order, kind, code):
    fault(behomes, **order)

    with pytest.raises(kind) as caught:
        METHODS[method](crm)

    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize("method", METHODS)
def test_no_answer(behomes, crm, method):
    fault(behomes, "timeout_before", seconds=0.05)

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](crm)

    assert caught.value.code in ("timeout", "connection_lost")


def test_answer_after_the_deadline(behomes, crm):
    fault(behomes, "slow", seconds=1)

    with pytest.raises(AmbiguousError) as caught:
        crm.find_clients(["+12025550143"], timeout=0.2)

    assert caught.value.code == "timeout"


@pytest.mark.parametrize("method", METHODS)
def test_nobody_listens(method):
    http = Http(["localhost:9"])
    crm = BehomesClient(WIRE, http, "http://localhost:9", "k")

    with pytest.raises(NotExecutedError) as caught:
        METHODS[method](crm)

    assert caught.value.code == "cannot_connect"


@pytest.mark.parametrize("method", METHODS)
def test_forbidden_is_about_the_key_only_on_the_account(behomes, crm, method):
    fault(behomes, "forbidden")

    with pytest.raises(KeyRefusedError if method == "account" else ForbiddenError):
        METHODS[method](crm)


def test_missing_scope_is_named(behomes, crm):
    fault(behomes, "scope_missing")

    with pytest.raises(ForbiddenError) as caught:
        METHODS["create"](crm)

    assert (caught.value.details[0].field, caught.value.details[0].code) == ("scope", "leads")


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [400, 422])
def test_refused_data_names_the_field(behomes, crm, method, status):
    fault(behomes, "validation_refused", status=status, field="stage_id", code="unknown_value")

    with pytest.raises(RefusedError) as caught:
        METHODS[method](crm)

    error = caught.value
    assert (error.status, error.vendor_code) == (status, "validation_failed")
    assert (error.details[0].field, error.details[0].code) == ("stage_id", "unknown_value")


def test_conflict_is_already_there(behomes, crm):
    fault(behomes, "conflict_409")

    with pytest.raises(AlreadyThereError):
        METHODS["create"](crm)


@pytest.mark.parametrize(
    ("style", "least", "most"), [("seconds", 30, 30), ("date", 25, 31), ("none", None, None)]
)
def test_retry_after_of_every_style(behomes, crm, style, least, most):
    fault(behomes, "rate_limited", style=style, seconds=30)

    with pytest.raises(RateLimitedError) as caught:
        METHODS["create"](crm)

    waits = caught.value.retry_after
    assert waits is least is None or least <= waits <= most


@pytest.mark.parametrize(
    "order",
    [
        {"name": "html_200"},
        {"name": "error_object_200"},
        {"name": "no_content_204"},
        {"name": "error_object_200", "body": {"success": False}},
        {"name": "error_object_200", "body": {"response": {"created": True}}},
        {"name": "error_object_200", "body": {"response": {"id": None}}},
        {"name": "error_object_200", "body": []},
        {"name": "error_object_200", "body": None},
    ],
)
def test_create_without_a_readable_id_is_ambiguous(behomes, crm, order):
    fault(behomes, **order)

    with pytest.raises(AmbiguousError) as caught:
        METHODS["create"](crm)

    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("method", [name for name in METHODS if name not in WRITES])
def test_reading_a_page_of_html(behomes, crm, method):
    fault(behomes, "html_200")

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](crm)

    assert (caught.value.code, caught.value.status) == ("unexpected_answer", 200)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in WRITES])
@pytest.mark.parametrize("body", [{}, {"response": None}, {"response": "x"}, [], 5])
def test_reading_what_was_not_agreed(behomes, crm, method, body):
    fault(behomes, "error_object_200", body=body)

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](crm)

    assert caught.value.code == "unexpected_answer"


@pytest.mark.parametrize("method", ["update", "put_call", "send_call_event"])
def test_empty_answer_to_a_change_is_good(behomes, crm, method):
    fault(behomes, "no_content_204", count=1)

    METHODS[method](crm)

    assert behomes.control("GET", "/_sim/faults")["fired"]["no_content_204"] == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("unauthorized", KeyRefusedError),
        ("rate_limited", RateLimitedError),
        ("stage_unknown", RefusedError),
        ("internal_error", AmbiguousError),
    ],
)
def test_error_in_a_200_to_a_change(behomes, crm, code, kind):
    fault(behomes, "error_object_200", body={"error": {"code": code, "message": "No"}})

    with pytest.raises(kind):
        METHODS["update"](crm)


@pytest.mark.parametrize("name", ["error_500_after", "reset_after", "html_200"])
def test_write_that_was_done_is_found(behomes, crm, name):
    fault(behomes, name, count=1, execute=True)

    with pytest.raises(AmbiguousError):
        METHODS["create"](crm)

    assert len(crm.find_by_reference("lead", "cg-1")) == 1
