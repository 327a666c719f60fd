"""What the PBX client sends, and what it tells of its requests."""

from __future__ import annotations

import json
import logging

import pytest

from clients.callgear import CallGearClient
from clients.errors import ForbiddenError, KeyRefusedError
from clients.http import Http
from tests.callgear import CALL, DATA
from tests.integration.clients.callgear_calls import DIAL
from tests.integration.clients.conftest import fault
from tests.raw_server import answering, raw_server, reply


def test_request_is_the_documented_envelope():
    answer = {"jsonrpc": "2.0", "id": "x", "result": {"data": [{"app_id": 1}]}}
    with raw_server(answering(reply(json.dumps(answer).encode()))) as server:
        http = Http([server.host])
        url = server.url + "/v2.0"
        CallGearClient(http, data_api_url=url, call_api_url=url, access_token="k").account()
        http.close()

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    sent = json.loads(body)
    assert head.startswith(b"POST /v2.0 HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json; charset=UTF-8\r\n" in head
    assert sent.pop("id")
    assert sent == {"jsonrpc": "2.0", "method": "get.account", "params": {"access_token": "k"}}


def test_observer_sees_each_request(callgear, pbx, seen):
    pbx.account()
    fault(callgear, "rpc_error", mnemonic="forbidden")
    with pytest.raises(ForbiddenError):
        pbx.start_employee_call(**DIAL)

    assert [(report[:4], report[5]) for report in seen] == [
        (("get.account", "POST", DATA, 200), None),
        (("start.employee_call", "POST", CALL, 200), "forbidden"),
    ]
    assert all(0 < report[4] < 5000 for report in seen)


def test_observer_of_one_use(pbx, seen):
    own = []

    pbx.observed(lambda *report: own.append(report)).account()

    assert (len(own), len(seen)) == (1, 0)
    assert pbx.limits.day_limit == 1000


def test_key_is_in_no_text(make_pbx, caplog):
    caplog.set_level(logging.DEBUG)
    pbx = make_pbx(access_token="tok-topsecret")

    with pytest.raises(KeyRefusedError) as caught:
        pbx.account()

    texts = [repr(pbx), repr(pbx._data), str(caught.value), repr(caught.value), caplog.text]
    assert not any("topsecret" in text for text in texts)
