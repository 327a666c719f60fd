"""What the CRM client tells of its requests, and what its probe finds out."""

from __future__ import annotations

import logging

import pytest

from clients.behomes import BehomesClient
from clients.errors import KeyRefusedError, NotExecutedError, RefusedError
from clients.http import Http
from tests.integration.clients.behomes_calls import METHODS, written
from tests.integration.clients.conftest import WIRE, fault


def test_observer_sees_each_request(behomes, crm, seen):
    fault(behomes, "validation_refused", match={"operation": "create_lead"})
    crm.find_clients(["+12025550143"])
    with pytest.raises(RefusedError):
        METHODS["create"](crm)

    assert [(report[:4], report[5]) for report in seen] == [
        (("find_clients", "GET", "/v4/crm/clients?phone=***", 200), None),
        (("create_lead", "POST", "/v4/crm/leads", 422), "refused"),
    ]
    assert all(0 < report[4] < 5000 for report in seen)


def test_observer_of_one_use(crm, seen):
    own = []

    crm.observed(lambda *report: own.append(report)).account()

    assert (len(own), len(seen)) == (1, 0)


def test_observer_sees_what_never_left():
    own = []
    http = Http([])
    crm = BehomesClient(WIRE, http, "https://crm.example", "k", on_request=lambda *r: own.append(r))

    with pytest.raises(NotExecutedError):
        crm.account()

    assert own[0][:4] == ("account", "GET", "/v4/crm/account", None)
    assert own[0][5] == "host_not_allowed"


def test_key_is_in_no_text(behomes, http_to, caplog):
    caplog.set_level(logging.DEBUG)
    crm = BehomesClient(WIRE, http_to(behomes), behomes.url, "sk-topsecret")

    with pytest.raises(KeyRefusedError) as caught:
        crm.account()

    texts = [repr(crm), repr(crm._requests), str(caught.value), repr(caught.value), caplog.text]
    assert not any("topsecret" in text for text in texts)


def test_probe_of_a_crm_that_keeps_the_contract(behomes, crm):
    found = crm.probe("+12025550143")

    assert [one.expectation for one in found if not one.holds] == []
    assert written(behomes, "clients") == written(behomes, "leads") == []


def test_probe_names_what_does_not_hold(behomes, crm):
    fault(behomes, "phone_filter_ignored")
    fault(behomes, "html_200", match={"operation": "list_pipelines"})

    broken = {name: detail for name, holds, detail in crm.probe("+12025550143") if not holds}

    assert set(broken) == {"phone_filter_kept", "pipelines_listed"}
    assert "unexpected_answer" in broken["pipelines_listed"]


def test_probe_stops_at_a_bad_key(behomes, http_to):
    crm = BehomesClient(WIRE, http_to(behomes), behomes.url, "wrong")

    found = crm.probe("+12025550143")

    assert [(one.expectation, one.holds) for one in found] == [("key_accepted", False)]
