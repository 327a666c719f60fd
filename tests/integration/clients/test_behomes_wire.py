"""The alternatives of the data file: another place of the key, another paging, other shapes."""

from __future__ import annotations

import copy
import json
import tomllib
from urllib.parse import parse_qsl, urlsplit

import pytest

from clients.behomes import BehomesClient
from clients.errors import AmbiguousError, KeyRefusedError, UnsupportedError
from clients.http import Http
from clients.wire import BEHOMES_TOML, check_wire
from rules.crm import Created
from tests.raw_server import answering, raw_server, reply
from tests.simulated import behomes_simulator

GOOD = tomllib.loads(BEHOMES_TOML.read_text(encoding="utf-8"))


def wire(**changes):
    """The shipped file with entries replaced: `request__key="bearer"`."""
    data = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *steps, last = path.split("__")
        table = data
        for step in steps:
            table = table[step]
        table[last] = value
    return check_wire(data)


@pytest.fixture
def answered():
    """A client of a server that gives these JSON answers in turn, and that server."""
    stack = []

    def start(*answers, key="k 1", **changes):
        raw = [reply(json.dumps(one).encode()) for one in answers]
        stack.append(raw_server(answering(*raw)))
        server = stack[-1].__enter__()
        http = Http([server.host])
        stack.append(http)
        return BehomesClient(wire(**changes), http, server.url, key), server

    yield start
    for one in reversed(stack):
        one.close() if isinstance(one, Http) else one.__exit__(None, None, None)


def queries(server):
    """The query of each request, without the key."""
    targets = [request.split(b" ")[1].decode() for request in server.requests]
    pairs = [parse_qsl(urlsplit(target).query) for target in targets]
    return [{name: value for name, value in query if name != "api_key"} for query in pairs]


ACCOUNT = {"response": {"account_id": 7}}


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("query:api_key", b"/account?api_key=k%201 HTTP"),
        ("query:token", b"/account?token=k%201 HTTP"),
        ("header:X-Api-Key", b"\r\nX-Api-Key: k 1\r\n"),
        ("bearer", b"\r\nAuthorization: Bearer k 1\r\n"),
    ],
)
def test_place_of_the_key(answered, place, sent):
    crm, server = answered(ACCOUNT, request__key=place)

    crm.account()

    assert sent in server.requests[0]
    assert server.requests[0].count(b"k%201") + server.requests[0].count(b"k 1") == 1


@pytest.mark.parametrize("place", ["header:X-Api-Key", "bearer"])
def test_simulator_takes_the_key_from_a_header(place):
    with behomes_simulator() as sim:
        sim.control("POST", "/_sim/config", {"key_places": ["header", "bearer"]})
        http = Http([urlsplit(sim.url).netloc])

        account = BehomesClient(wire(request__key=place), http, sim.url, sim.key).account()

        http.close()
    assert account.account_id == "acc_1001"


@pytest.mark.parametrize("key", ["ключ", "a\r\nX: y", "", " "])
def test_key_that_no_header_can_hold_is_refused(answered, key):
    crm, server = answered(ACCOUNT, key=key, request__key="bearer")

    with pytest.raises(KeyRefusedError):
        crm.account()

    assert server.requests == []


def test_body_as_a_form(answered):
    crm, server = answered({"response": {"id": 1}}, request__body="form")

    crm.create("client", {"name": "A B", "source": {"channel": "phone"}}, reference="cg-1")

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert body == b"name=A+B&source%5Bchannel%5D=phone&external_id=cg-1"


def page(*ids, **more):
    return {"response": [{"id": one, "name": f"User {one}"} for one in ids], **more}


def paged(pages):
    return {"filter_params": {"max_pages": pages}}


@pytest.mark.parametrize(
    ("changes", "answers", "asked"),
    [
        pytest.param(
            {"paging__first_page": 0},
            [page(1, **paged(2)), page(2, **paged(2))],
            [{"page": "0"}, {"page": "1"}],
            id="pages-from-0",
        ),
        pytest.param(
            {"paging__max_pages": ""},
            [page(1), page(2), page()],
            [{"page": "1"}, {"page": "2"}, {"page": "3"}],
            id="pages-to-the-end",
        ),
        pytest.param(
            {"paging__style": "offset"},
            [page(1, 3), page(2), page()],
            [{"offset": "0"}, {"offset": "2"}, {"offset": "3"}],
            id="offset",
        ),
        pytest.param(
            {"paging__style": "cursor", "paging__next_cursor": "next"},
            [page(1, next="n&1"), page(2, next=None)],
            [{}, {"cursor": "n&1"}],
            id="cursor",
        ),
    ],
)
def test_paging_style(answered, changes, answers, asked):
    crm, server = answered(*answers, **changes)

    users = [user.id for user in crm.users()]

    found = queries(server)
    sizes = {query.pop("objects_per_page") for query in found}
    assert users == [str(row["id"]) for answer in answers for row in answer["response"]]
    assert (found, sizes) == (asked, {"50"})


@pytest.mark.parametrize("changes", [{}, {"paging__style": "offset"}, {"paging__style": "cursor"}])
def test_paging_that_is_ignored_does_not_run_for_ever(answered, changes):
    answer = page(1, filter_params={"max_pages": 9, "next_cursor": "x"})
    crm, _ = answered(answer, **changes)

    with pytest.raises(AmbiguousError) as caught:
        list(crm.users())

    assert caught.value.code == "unexpected_answer"


def test_row_without_an_id_is_left_out(answered):
    crm, _ = answered({"response": [{"name": "x"}, "x", {"id": 1}], **paged(1)})

    assert [user.id for user in crm.users()] == ["1"]


def test_other_envelope_and_names(answered):
    crm, server = answered(
        {"result": {"item": {"Id": 9007199254740993, "isNew": "false"}}},
        envelope__item="result.item",
        envelope__created_id="Id",
        envelope__created_flag="isNew",
        objects__lead__title="Name",
        objects__lead__responsible_user_id="owner.id",
        operations__create_lead__path="/v2/requests",
        request__prefix="/api",
        request__time="iso8601",
    )

    made = crm.create("lead", {"title": "T", "responsible_user_id": "u"}, reference="cg-1")

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v2/requests?api_key=")
    assert json.loads(body) == {"Name": "T", "owner": {"id": "u"}, "external_id": "cg-1"}
    assert made == Created("9007199254740993", created=False)


def test_answer_without_an_envelope(answered):
    crm, _ = answered({"account_id": "a"}, envelope__item="")

    assert crm.account().account_id == "a"


RECORDS = [{"id": 1, "external_id": "cg-1"}, {"id": 2, "external_id": "cg-2"}, {"id": 3}]


def test_search_that_is_ignored_is_read_to_its_end(answered):
    strangers = [{"id": number} for number in (4, 5)]
    crm, server = answered(
        {"response": RECORDS}, {"response": strangers}, {"response": RECORDS}, {"response": []}
    )

    found = crm.find_by_reference("lead", "cg-1")

    assert ([one.id for one in found], len(server.requests)) == (["1"], 4)


def test_search_that_is_ignored_and_endless_is_no_answer(answered):
    pages = [{"response": [{"id": number}]} for number in range(30)]
    crm, server = answered(*pages)

    with pytest.raises(AmbiguousError) as caught:
        crm.find_by_reference("lead", "cg-1")

    assert (caught.value.code, len(server.requests)) == ("unexpected_answer", 22)


def test_search_is_trusted_where_no_reference_comes_back(answered):
    crm, _ = answered({"response": [{"id": 3}]}, capabilities__reference_in_answers=False)

    assert [one.id for one in crm.find_by_reference("lead", "cg-1")] == ["3"]


@pytest.mark.parametrize(
    ("capability", "use"),
    [
        ("search_by_phone", lambda crm: crm.find_clients(["1"])),
        ("list_clients", lambda crm: crm.clients_page(None, None)),
        ("search_by_reference", lambda crm: crm.find_by_reference("client", "x")),
        ("pipelines", lambda crm: crm.pipelines()),
        ("custom_fields", lambda crm: crm.custom_fields("lead")),
        ("leads", lambda crm: crm.create("lead", {}, reference="x")),
        ("deals", lambda crm: crm.update("deal", "1", {})),
        ("tasks", lambda crm: crm.find_by_reference("task", "x")),
        ("calls", lambda crm: crm.put_call("x", {})),
        ("patch_call", lambda crm: crm.patch_call("x", {})),
        ("call_events", lambda crm: crm.send_call_event({}, timeout=1)),
    ],
)
def test_what_the_crm_cannot_do_is_not_asked_for(answered, capability, use):
    crm, server = answered({}, **{f"capabilities__{capability}": False})

    with pytest.raises(UnsupportedError):
        use(crm)

    assert (server.requests, crm.supports(capability)) == ([], False)


def test_probe_names_what_is_switched_off(answered):
    off = {f"capabilities__{name}": False for name in GOOD["capabilities"]}
    crm, _ = answered(ACCOUNT, **off)

    found = {one.expectation: one for one in crm.probe("+12025550143")}

    assert found["key_accepted"].holds
    assert found["pipelines_listed"].detail == "switched off in the data file"
