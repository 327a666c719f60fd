"""What each kind of trouble with the PBX is called, for every method."""

from __future__ import annotations

import itertools

import pytest

from clients.callgear import CallGearClient
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ForbiddenError,
    KeyRefusedError,
    LimitExceeded,
    NotExecutedError,
    NotFoundError,
    RefusedError,
)
from clients.http import Http
from tests.integration.clients.callgear_calls import METHODS
from tests.integration.clients.conftest import fault
from tests.raw_server import answering, raw_server, reply


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("order", "kind", "code"),
    [
        ({"name": "access_token_expired"}, KeyRefusedError, "invalid_auth"),
        ({"name": "access_token_invalid"}, KeyRefusedError, "invalid_auth"),
        ({"name": "access_token_blocked"}, KeyRefusedError, "invalid_auth"),
        ({"name": "ip_not_whitelisted"}, KeyRefusedError, "ip_not_allowed"),
        ({"name": "limit_exceeded", "reset": 17}, LimitExceeded, "points_exhausted"),
        ({"name": "rpc_error", "mnemonic": "account_inactive"}, KeyRefusedError, None),
        ({"name": "rpc_error", "mnemonic": "forbidden"}, ForbiddenError, "forbidden"),
        ({"name": "rpc_error", "mnemonic": "component_disabled"}, ForbiddenError, None),
        ({"name": "rpc_error", "mnemonic": "entity_not_found"}, NotFoundError, "not_found"),
        ({"name": "rpc_error", "mnemonic": "already_in_use"}, AlreadyThereError, "already_there"),
        ({"name": "rpc_error", "mnemonic": "data_type_error"}, RefusedError, "refused"),
        ({"name": "rpc_error", "mnemonic": "internal_error"}, AmbiguousError, "server_error"),
        ({"name": "rpc_error", "mnemonic": "of_tomorrow"}, RefusedError, "refused"),
        ({"name": "http_error"}, AmbiguousError, "server_error"),
        ({"name": "http_error", "status": 502, "html": True}, AmbiguousError, "server_error"),
        ({"name": "http_error", "status": 404}, AmbiguousError, "unexpected_answer"),
        ({"name": "html"}, AmbiguousError, "unexpected_answer"),
        ({"name": "reset"}, AmbiguousError, "connection_lost"),
    ],
    ids=lambda value: value.get("mnemonic", value["name"]) if isinstance(value, dict) else None,
)
def test_trouble_of_every_method(callgear, pbx, method, order, kind, code):
    fault(callgear, **order)

    with pytest.raises(kind) as caught:
        METHODS[method](pbx)

    assert type(caught.value) is kind
    assert caught.value.code == (code or caught.value.code)


LOST_UNLESS_GONE = [name for name in METHODS if name != "update_contact"]


@pytest.mark.parametrize("method", LOST_UNLESS_GONE)
def test_answer_lost_after_the_deed(callgear, pbx, method):
    fault(callgear, "reset_after")

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](pbx)

    assert caught.value.code == "connection_lost"


@pytest.mark.parametrize("limit_type", ["minute", "day"])
def test_limit_tells_when_it_ends(callgear, pbx, limit_type):
    fault(callgear, "limit_exceeded", limit_type=limit_type, reset=17)

    with pytest.raises(LimitExceeded) as caught:
        pbx.employees()

    assert (caught.value.limit_type, caught.value.retry_after) == (limit_type, 17.0)
    assert getattr(pbx.limits, f"{limit_type}_remaining") == 0


@pytest.mark.parametrize("method", METHODS)
def test_nobody_listens(method):
    url = "http://localhost:9"
    http = Http(["localhost:9"])
    pbx = CallGearClient(http, data_api_url=url, call_api_url=url, access_token="k")

    with pytest.raises(NotExecutedError) as caught:
        METHODS[method](pbx)

    assert caught.value.code == "cannot_connect"


@pytest.mark.parametrize("method", ["account", "employees", "create_employee"])
def test_answer_after_the_deadline(callgear, pbx, method):
    fault(callgear, "slow", seconds=2)

    with pytest.raises(AmbiguousError) as caught:
        METHODS[method](pbx, timeout=0.1)

    assert caught.value.code == "timeout"


NOT_AGREED = [b"", b"null", b"[]", b"{}", b'{"result": null}', b'{"result": []}']
DATA_NOT_AGREED = [b'{"result": {"data": 5}}', b'{"result": {"data": null}}']
WITH_DATA = [name for name in METHODS if not name.startswith("update_")]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        *itertools.product(METHODS, NOT_AGREED),
        *itertools.product(WITH_DATA, DATA_NOT_AGREED),
    ],
)
def test_answer_that_was_not_agreed(method, body):
    with raw_server(answering(reply(body))) as server:
        http = Http([server.host])
        url = server.url
        pbx = CallGearClient(http, data_api_url=url, call_api_url=url, access_token="k")

        with pytest.raises(AmbiguousError) as caught:
            METHODS[method](pbx)

        http.close()
    assert caught.value.code in ("unexpected_answer", "unreadable")
