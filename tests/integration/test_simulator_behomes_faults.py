"""Each fault of the simulated CRM does what it says, and nothing else."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.behomes_crm import BODIES, Crm, problems
from tests.factories import wait_until
from tests.simulated import behomes_simulator

CREATE_LEAD = {"operation": "create_lead"}


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator("--fault-seed", "3") as running:
        yield running


@pytest.fixture
def crm(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return Crm(simulator)


# Nothing is executed


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        pytest.param({"name": "error_500_before"}, 500, "internal_error", id="500"),
        pytest.param({"name": "error_500_before", "status": 502}, 502, "internal_error", id="502"),
        pytest.param({"name": "rate_limited"}, 429, "rate_limited", id="429"),
        pytest.param({"name": "limit_503"}, 503, "rate_limit", id="503-limit"),
        pytest.param({"name": "key_revoked"}, 401, "unauthorized", id="401"),
        pytest.param({"name": "forbidden"}, 403, "forbidden", id="403"),
        pytest.param({"name": "scope_missing"}, 403, "forbidden", id="403-scope"),
        pytest.param({"name": "validation_refused"}, 422, "validation_failed", id="422"),
        pytest.param(
            {"name": "validation_refused", "status": 400}, 400, "validation_failed", id="400"
        ),
        pytest.param({"name": "not_found"}, 404, "not_found", id="404"),
        pytest.param({"name": "not_found", "status": 410}, 410, "not_found", id="410"),
        pytest.param({"name": "conflict_409", "execute": False}, 409, "duplicate", id="409"),
        pytest.param({"name": "error_object_200"}, 200, "internal_error", id="200-with-error"),
    ],
)
def test_a_refusing_fault_answers_canonically_and_executes_nothing(crm, order, status, code):
    crm.fault(**order, count=1, match=CREATE_LEAD)

    refused, healed = crm.create("leads"), crm.create("leads")

    assert refused.status_code == status
    assert refused.json()["error"]["code"] == code
    assert healed.status_code == 201
    assert crm.fired(order["name"]) == 1


def test_html_stands_where_json_is_expected(crm):
    crm.fault("html_200", count=1, match=CREATE_LEAD)

    answer = crm.create("leads")

    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
    assert crm.made("leads", "cg-lead") == 0


def test_html_can_hide_a_write_that_was_done(crm):
    crm.fault("html_200", count=1, execute=True)

    answer = crm.create("leads")

    assert "<h1>" in answer.text
    assert crm.made("leads", "cg-lead") == 1


def test_an_error_object_may_have_any_shape(crm):
    crm.fault("error_object_200", count=1, body={"success": False})

    assert crm.create("leads").json() == {"success": False}


def test_a_500_may_be_html_or_empty(crm):
    crm.fault("error_500_before", count=1, body="html")
    crm.fault("error_500_before", count=1, body="empty")

    first, second = crm.create("leads"), crm.create("leads")

    assert "<h1>" in first.text
    assert (second.status_code, second.text) == (500, "")


@pytest.mark.parametrize("name", ["rate_limited", "limit_503"])
def test_a_limit_tells_the_wait_in_seconds_as_a_date_or_not_at_all(crm, name):
    for style in ("seconds", "date", "none"):
        crm.fault(name, count=1, style=style, seconds=30)

    seconds, date, nothing = (crm.send("GET", "account").headers for _ in range(3))

    assert seconds["Retry-After"] == "30"
    assert 25 <= parsedate_to_datetime(date["Retry-After"]).timestamp() - time.time() <= 31
    assert "Retry-After" not in nothing


def test_a_missing_scope_is_named(crm):
    crm.fault("scope_missing", count=1, match=CREATE_LEAD)

    assert "leads" in crm.create("leads").json()["error"]["message"]


def test_validation_refuses_the_chosen_field(crm):
    crm.fault("validation_refused", count=1, field="responsible_user_id", code="inactive")

    assert problems(crm.create("leads")) == {"responsible_user_id": "inactive"}


def test_a_reset_before_executes_nothing(crm):
    crm.fault("reset_before", count=1, match=CREATE_LEAD)

    with pytest.raises(requests.ConnectionError):
        crm.create("leads")

    assert crm.made("leads", "cg-lead") == 0


def test_a_timeout_before_closes_the_connection_in_the_end(crm):
    crm.fault("timeout_before", count=1, seconds=0.2, match=CREATE_LEAD)
    started = time.monotonic()

    with pytest.raises(requests.ConnectionError):
        crm.create("leads")

    assert time.monotonic() - started >= 0.2
    assert crm.made("leads", "cg-lead") == 0


def test_a_slow_answer_is_a_good_one(crm):
    crm.fault("slow", count=1, seconds=0.3)
    started = time.monotonic()

    answer = crm.create("leads")

    assert (answer.status_code, time.monotonic() - started >= 0.3) == (201, True)


# The write is done


@pytest.mark.parametrize(
    ("order", "status"),
    [
        pytest.param({"name": "error_500_after"}, 500, id="500"),
        pytest.param({"name": "error_500_after", "status": 504}, 504, id="504"),
        pytest.param({"name": "no_content_204"}, 204, id="204"),
        pytest.param({"name": "conflict_409"}, 409, id="409"),
    ],
)
@pytest.mark.parametrize("entity", ["clients", "leads", "deals", "tasks"])
def test_a_write_is_done_though_the_answer_hides_it(crm, order, status, entity):
    crm.fault(**order, count=1)

    answer = crm.create(entity)

    assert answer.status_code == status
    assert len(crm.find(entity, BODIES[entity]["external_id"])) == 1


@pytest.mark.parametrize("name", ["reset_after", "timeout_after"])
def test_a_write_is_done_though_the_connection_is_lost(crm, name):
    crm.fault(name, count=1, seconds=0.1, match=CREATE_LEAD)

    with pytest.raises(requests.ConnectionError):
        crm.create("leads")

    assert len(crm.find("leads", "cg-lead")) == 1
    assert crm.control("GET", "/_sim/requests")["requests"][0]["status"] == 0


def test_a_timeout_after_outlasts_an_impatient_caller(crm):
    crm.fault("timeout_after", count=1, seconds=20, match=CREATE_LEAD)

    with pytest.raises(requests.ReadTimeout):
        crm.create("leads", timeout=0.2)

    assert len(crm.find("leads", "cg-lead")) == 1


@pytest.mark.parametrize("answer", ["hang", "reset"])
def test_a_late_commit_lands_after_timeout_and_search(crm, answer):
    crm.fault("late_commit", count=1, seconds=0.6, hold=0.1, answer=answer, match=CREATE_LEAD)

    with pytest.raises(requests.ConnectionError):
        crm.create("leads")

    assert crm.find("leads", "cg-lead") == []
    assert crm.control("GET", "/_sim/audit")["pending"] == 1
    wait_until(lambda: crm.find("leads", "cg-lead"))
    assert crm.control("GET", "/_sim/audit")["pending"] == 0


def test_a_late_commit_without_idempotency_doubles_what_was_sent_again(crm):
    crm.control("POST", "/_sim/config", {"idempotency": False})
    crm.fault("late_commit", count=1, seconds=0.2, answer="error", match=CREATE_LEAD)
    assert crm.create("leads").status_code == 500

    crm.create("leads")

    wait_until(lambda: crm.made("leads", "cg-lead") == 2)


def test_a_late_commit_that_is_refused_in_the_meantime_makes_nothing(crm):
    crm.fault("late_commit", count=1, seconds=0.2, answer="error", match=CREATE_LEAD)

    crm.create("leads")
    crm.create("leads")

    wait_until(lambda: crm.control("GET", "/_sim/audit")["pending"] == 0)
    assert crm.made("leads", "cg-lead") == 1


def test_a_reset_of_the_world_forgets_late_commits(crm):
    crm.fault("late_commit", count=1, seconds=0.1, answer="error", match=CREATE_LEAD)
    crm.create("leads")

    crm.control("POST", "/_sim/reset", {})

    assert crm.control("GET", "/_sim/audit")["pending"] == 0


def test_a_refused_body_is_refused_before_a_late_commit(crm):
    crm.fault("late_commit", count=1, seconds=0.1)

    assert crm.create("leads", title=5).status_code == 422
    assert crm.fired("late_commit") == 0


@pytest.mark.parametrize("entity", ["clients", "leads", "deals", "tasks"])
def test_a_doubled_write_is_seen_by_the_audit(crm, entity):
    crm.fault("duplicate_write", count=1)

    answer = crm.create(entity)

    audit = crm.control("GET", "/_sim/audit")["entities"][entity]
    assert answer.json()["response"]["created"] is True
    assert audit["doubled"] == {BODIES[entity]["external_id"]: 2}


def test_a_terminated_simulator_does_not_wait_for_hanging_callers():
    with behomes_simulator() as running:
        crm = Crm(running)
        crm.fault("timeout_after", seconds=60)
        with pytest.raises(requests.ReadTimeout):
            crm.create("leads", timeout=0.2)
        running.process.terminate()

        assert running.process.wait(timeout=4) == 0
