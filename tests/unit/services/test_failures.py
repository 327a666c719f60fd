"""What each failure leaves in the row of the ledger: state, attempts, refusals, when again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clients.errors import (
    AmbiguousError,
    ErrorDetail,
    ForbiddenError,
    NotExecutedError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnsupportedError,
)
from services import failures
from tests.unit.services.ledger import NOW, SETTLE, later, make_call, make_write, traced

AMBIGUOUS = AmbiguousError("nobody knows", code="timeout")
NOT_EXECUTED = NotExecutedError("refused", code="cannot_connect")
REFUSED = RefusedError("no such stage", status=422, details=(ErrorDetail("stage_id", "unknown"),))
LONG_AGO = NOW - timedelta(hours=73)


def failed(error, how=failures.create_failed, **columns):
    """A call and its row after this failure."""
    before = {"status": "sent", "attempts": 1, "sent_at": NOW, "next_at": later(9)}
    write = make_write(**before | columns)
    call = make_call(write)
    how(call, write, error)
    return call, write


def waits(write, seconds):
    """Whether the next attempt comes after so many seconds, give or take the jitter."""
    return seconds * 0.85 <= (write.next_at - NOW).total_seconds() <= seconds * 1.15


@pytest.mark.parametrize(
    ("error", "before", "after", "seconds"),
    [
        pytest.param(AMBIGUOUS, {}, ("sent", 1, 0), 5, id="unclear"),
        pytest.param(AMBIGUOUS, {"attempts": 2}, ("sent", 2, 0), 15, id="unclear-again"),
        pytest.param(AMBIGUOUS, {"attempts": 9}, ("sent", 9, 0), SETTLE, id="no-later-than-settle"),
        pytest.param(NOT_EXECUTED, {}, ("planned", 1, 0), 5, id="not-executed"),
        pytest.param(NOT_EXECUTED, {"attempts": 3}, ("planned", 3, 0), 60, id="not-the-third-time"),
        pytest.param(RateLimitedError(), {}, ("planned", 0, 0), 5, id="too-fast"),
        pytest.param(RateLimitedError(), {"attempts": 5}, ("planned", 4, 0), 5, id="no-attempt"),
        pytest.param(RateLimitedError(), {"attempts": 0}, ("planned", 0, 0), 5, id="never-below-0"),
        pytest.param(REFUSED, {}, ("planned", 1, 1), 5, id="refused"),
        pytest.param(REFUSED, {"refusals": 1, "attempts": 4}, ("planned", 4, 2), 15, id="twice"),
        pytest.param(NotFoundError(), {}, ("planned", 1, 1), 5, id="not-found"),
    ],
)
def test_create_that_failed_is_tried_again(error, before, after, seconds):
    _, write = failed(error, **before)

    assert (write.status, write.attempts, write.refusals) == after
    assert waits(write, seconds)
    assert write.error["code"] == error.code


@pytest.mark.parametrize(
    ("error", "before", "refusals"),
    [
        pytest.param(REFUSED, {"refusals": 2}, 3, id="refused-thrice"),
        pytest.param(NotFoundError(), {"refusals": 2}, 3, id="not-found-thrice"),
        pytest.param(ForbiddenError("scope"), {}, 0, id="forbidden"),
        pytest.param(NOT_EXECUTED, {"planned_at": LONG_AGO}, 0, id="after-three-days"),
        pytest.param(RateLimitedError(), {"planned_at": LONG_AGO}, 0, id="too-fast-for-three-days"),
    ],
)
def test_create_that_failed_for_good_is_set_aside(error, before, refusals):
    call, write = failed(error, **before)

    assert (write.status, write.refusals, write.next_at) == ("dead", refusals, None)
    assert write.error["code"] == error.code
    assert traced(call) == [("write_dead", {"kind": "lead", "message": error.message})]


def test_unclear_create_never_dies_it_must_be_found():
    _, write = failed(AMBIGUOUS, planned_at=LONG_AGO, refusals=2, attempts=40)

    assert write.status == "sent"


def test_crm_says_how_long_to_wait():
    call, write = failed(RateLimitedError(retry_after=20))

    assert write.next_at == later(20)
    told = {"kind": "lead", "error": "rate_limited", "seconds": 20}
    assert traced(call) == [("write_later", told)]


def test_what_the_crm_does_not_have_is_done_without_an_id():
    call, write = failed(UnsupportedError("no leads here"), next_at=later(5))

    assert (write.status, write.crm_id, write.done_at, write.next_at) == ("done", None, NOW, None)
    assert write.error["code"] == "unsupported"
    assert traced(call) == []


def test_unclear_create_says_how_long_it_settles():
    call, write = failed(AMBIGUOUS)

    told = {"kind": "lead", "error": "timeout", "seconds": SETTLE}
    assert traced(call) == [("write_unclear", told)]
    assert call.changes.updates[write.ledger_key]["next_at"] == write.next_at


def test_refusal_is_told_in_the_words_of_the_crm():
    call, write = failed(REFUSED)

    assert traced(call) == [("write_refused", {"kind": "lead", "message": "no such stage"})]
    assert write.error == {
        "code": "refused",
        "message": "no such stage",
        "status": 422,
        "details": [{"field": "stage_id", "code": "unknown", "message": ""}],
    }


def test_write_that_carries_its_whole_state_is_planned_again_though_it_is_unclear():
    call, write = failed(AMBIGUOUS, failures.update_failed, kind="call")

    assert (write.status, write.attempts) == ("planned", 1)
    assert waits(write, 5)
    ((code, told),) = traced(call)
    assert (code, told["kind"], told["error"]) == ("write_later", "call", "timeout")
    assert abs(told["seconds"] - (write.next_at - NOW).total_seconds()) <= 0.5


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 15), (3, 60)])
def test_search_that_failed_is_asked_again_and_the_row_stays_sent(attempts, seconds):
    call, write = failed(AMBIGUOUS, failures.search_failed, attempts=attempts)

    assert (write.status, write.attempts) == ("sent", attempts)
    assert waits(write, seconds)
    assert write.error["code"] == "timeout"
    ((code, told),) = traced(call)
    assert (code, told["kind"], told["error"]) == ("write_later", "lead", "timeout")


def test_lost_link_is_left_out():
    body = {"client_id": "c", "lead_id": "l", "deal_id": "d", "link": {}, "title": "A call"}
    _, write = failed(NotFoundError(), failures.link_lost, links={"lead": {"id": "l"}}, body=body)

    assert (write.links, write.body, write.refusals) == ({}, {"title": "A call"}, 0)
    assert waits(write, 5)


def test_what_links_to_nothing_cannot_lose_a_link():
    _, write = failed(NotFoundError(), failures.link_lost)

    assert (write.status, write.refusals) == ("planned", 1)
