from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from clients.behomes_errors import error_of_status, error_of_words, retry_after
from clients.error_shapes import MAX_DETAILS, read_json, told_error
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ErrorDetail,
    ForbiddenError,
    KeyRefusedError,
    NotExecutedError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)
from clients.replies import Reply
from clients.wire import load_wire

WORDS = load_wire().errors
JSON = "application/json"


def reply(status, body=b"", content_type=JSON, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {"content-type": content_type, **headers}, content)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, RefusedError, "refused"),
        (401, KeyRefusedError, "invalid_auth"),
        (402, RefusedError, "refused"),
        (403, ForbiddenError, "forbidden"),
        (404, NotFoundError, "not_found"),
        (405, RefusedError, "refused"),
        (408, AmbiguousError, "timeout"),
        (409, AlreadyThereError, "already_there"),
        (410, NotFoundError, "not_found"),
        (413, RefusedError, "refused"),
        (415, RefusedError, "refused"),
        (422, RefusedError, "refused"),
        (425, NotExecutedError, "rate_limited"),
        (429, RateLimitedError, "rate_limited"),
        (500, AmbiguousError, "server_error"),
        (502, AmbiguousError, "server_error"),
        (503, AmbiguousError, "server_error"),
        (504, AmbiguousError, "server_error"),
        (599, AmbiguousError, "server_error"),
        (301, AmbiguousError, "unexpected_answer"),
        (304, AmbiguousError, "unexpected_answer"),
        (999, AmbiguousError, "server_error"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"error": {"code": "x"}}', b"[1]"])
def test_status_tells_the_class(status, kind, code, body):
    error = error_of_status(reply(status, body), WORDS)

    assert (type(error), error.code, error.status) == (kind, code, status)


def test_403_on_the_account_is_about_the_key():
    assert type(error_of_status(reply(403), WORDS, is_account=True)) is KeyRefusedError


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "rate_limit", "message": "x"}},
        {"error": "Too many requests"},
        {"message": "API quota reached"},
        {"detail": "request was throttled"},
    ],
)
def test_503_that_speaks_of_a_limit_is_not_executed(body):
    assert type(error_of_status(reply(503, body), WORDS)) is RateLimitedError


@pytest.mark.parametrize("content_type", ["text/html", ""])
def test_503_page_is_ambiguous_whatever_it_says(content_type):
    error = error_of_status(reply(503, b"<p>limit</p>", content_type), WORDS)

    assert type(error) is AmbiguousError


DETAIL = ErrorDetail("stage_id", "unknown_value", "")


@pytest.mark.parametrize(
    ("body", "code", "message", "details"),
    [
        pytest.param(
            {
                "error": {
                    "code": "validation_failed",
                    "message": "No",
                    "details": [{"field": "stage_id", "code": "unknown_value"}],
                }
            },
            "validation_failed",
            "No",
            (DETAIL,),
            id="canonical",
        ),
        pytest.param({"error": "Bad stage"}, "", "Bad stage", (), id="error-is-text"),
        pytest.param({"error": "bad_stage"}, "bad_stage", "bad_stage", (), id="error-is-code"),
        pytest.param(
            {"error": "invalid_grant", "error_description": "Key is old"},
            "invalid_grant",
            "Key is old",
            (),
            id="error-description",
        ),
        pytest.param({"error": True, "message": "No"}, "", "No", (), id="error-is-flag"),
        pytest.param(
            {"error": {"type": "t", "detail": "No"}}, "t", "No", (), id="error-with-detail"
        ),
        pytest.param({"error": {}, "message": "No"}, "", "No", (), id="empty-error"),
        pytest.param(
            {"errors": [{"code": "c", "message": "No", "source": {"pointer": "/a"}}]},
            "c",
            "No",
            (ErrorDetail("/a", "c", "No"),),
            id="json-api",
        ),
        pytest.param(
            {"errors": ["First", "Second"]},
            "",
            "First",
            (ErrorDetail("", "", "First"), ErrorDetail("", "", "Second")),
            id="errors-are-texts",
        ),
        pytest.param(
            {"message": "Invalid", "errors": {"name": ["is short", "is bad"]}},
            "",
            "Invalid",
            (ErrorDetail("name", "", "is short; is bad"),),
            id="errors-by-field",
        ),
        pytest.param({"success": False, "message": "No"}, "", "No", (), id="no-success"),
        pytest.param({"success": "false", "code": 7}, "7", "", (), id="success-is-text"),
        pytest.param({"ok": False, "description": "No"}, "", "No", (), id="not-ok"),
        pytest.param({"status": "error", "message": "No"}, "error", "No", (), id="status-is-error"),
    ],
)
def test_shape_is_understood(body, code, message, details):
    told = told_error(body)

    assert (told.code, told.message, told.details) == (code, message, details)


def test_problem_json_is_understood():
    body = {"type": "https://example.com/no-stage", "title": "No stage", "status": 422}

    told = told_error(body, content_type="application/problem+json; charset=utf-8")

    assert (told.code, told.message) == ("https://example.com/no-stage", "No stage")


@pytest.mark.parametrize(
    "body",
    [
        {"response": {"id": "l_1"}},
        {"response": [], "error": None, "errors": []},
        {"success": True, "response": {}},
        {"response": {}, "message": "done"},
        {"id": "l_1", "status": "failed"},
        {"id": "l_1", "status": "error"},
        [],
        "error",
        None,
    ],
)
def test_answer_without_an_error(body):
    assert told_error(body) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "No"}, "No"),
        ({"detail": "No"}, "No"),
        ({"title": "No"}, "No"),
        (
            {"detail": [{"loc": ["body", "name"], "msg": "field required", "type": "missing"}]},
            "field required",
        ),
    ],
)
def test_bare_message_counts_when_the_status_is_an_error(body, message):
    assert error_of_status(reply(422, body), WORDS).message == message


def test_field_of_a_location_is_joined():
    body = {"detail": [{"loc": ["body", "name"], "msg": "m", "type": "missing"}]}

    assert error_of_status(reply(422, body), WORDS).details == (
        ErrorDetail("body.name", "missing", "m"),
    )


def test_plain_text_is_the_message():
    assert error_of_status(reply(500, b"database is down", "text/plain"), WORDS).message == (
        "database is down"
    )


def test_page_is_not_a_message():
    assert error_of_status(reply(500, b"<html>x", "text/html"), WORDS).message == ""


def test_secrets_and_phones_are_masked():
    body = {
        "error": {
            "code": "no",
            "message": "key k-123 may not see +12025550143",
            "details": [{"field": "k-123", "message": "api_key=k-123"}],
        }
    }

    error = error_of_status(reply(422, body), WORDS, secrets=["k-123"])

    assert error.message == "key *** may not see ***0143"
    assert error.details == (ErrorDetail("***", "", "api_key=***"),)


def test_number_of_details_is_capped():
    for errors in ([{"field": "x"}] * 1000, {str(n): "x" for n in range(1000)}):
        assert len(told_error({"errors": errors}).details) == MAX_DETAILS


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("unauthorized", KeyRefusedError),
        ("UNAUTHORIZED", KeyRefusedError),
        (401, KeyRefusedError),
        ("forbidden", ForbiddenError),
        ("not_found", NotFoundError),
        ("duplicate", AlreadyThereError),
        ("rate_limited", RateLimitedError),
        ("internal_error", AmbiguousError),
        ("validation_failed", RefusedError),
        ("anything", RefusedError),
        ("", RefusedError),
    ],
)
def test_error_in_a_200_is_told_by_its_code(code, kind):
    answer = reply(200, {"error": {"code": code, "message": "No"}})
    told = told_error(read_json(answer.body))

    error = error_of_words(told, answer, WORDS, secrets=())

    assert (type(error), error.status, error.message) == (kind, 200, "No")


def test_forbidden_in_a_200_of_the_account_is_about_the_key():
    told = told_error({"error": {"code": "forbidden"}})

    error = error_of_words(told, reply(200), WORDS, is_account=True, secrets=())

    assert type(error) is KeyRefusedError


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("999999999", 86400.0),
        ("inf", 86400.0),
        ("nan", None),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 04:00:30 +0400", 30.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after(header, now=NOW) == seconds


def test_retry_after_is_carried():
    error = error_of_status(reply(429, **{"retry-after": "7"}), WORDS)

    assert error.retry_after == 7.0


def test_deep_nesting_is_not_json():
    with pytest.raises(ValueError, match="nested"):
        read_json(b"[" * 200_000)
