"""What all addresses under /api/ share, and the document that describes them."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest

from blueprints.openapi import describe
from services.api_keys import make_key_anew
from tests.pages import csrf_token

GOOD = {"request_id": "r-1", "user_id": "u_17", "phone": "+971501234567"}


@pytest.fixture
def key(app, office):
    from models import db

    with app.app_context():
        return make_key_anew(db.session(), office.id)


def post(client, key, data=None, *, path="/api/v1/calls", json=None, headers=None):
    headers = {"Authorization": f"Bearer {key}", **(headers or {})}
    return client.post(path, data=data, json=json, headers=headers)


def is_error(answer, status, code):
    assert answer.status_code == status
    assert answer.content_type == "application/json"
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"]
    assert "Set-Cookie" not in answer.headers
    check("Error", answer.json)
    return True


def check(schema, value):
    """Raises if the value is not as the document says."""
    document = {"$ref": f"#/components/schemas/{schema}", "components": describe()["components"]}
    jsonschema_rs.validate(document, value)


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer ", "Basic abc", "Bearer " + "x" * 300, "Bearer wörng"]
)
def test_without_a_good_key_every_address_says_the_same(visitor, office, header):
    headers = {"Authorization": header} if header else {}

    for method, path in (("POST", "/api/v1/calls"), ("GET", "/api/v1/calls/1")):
        assert is_error(visitor.open(path, method=method, headers=headers), 401, "unauthorized")


def test_key_of_a_deleted_integration_opens_nothing(app, visitor, office, key):
    from models import Integration, db

    with app.app_context():
        db.session.get_one(Integration, office.id).deleted_at = Integration.created_at
        db.session.commit()

    assert is_error(post(visitor, key, json=GOOD), 401, "unauthorized")


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"hello",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"request_id": NaN}',
        b"{",
        b"[" * 5000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"request_id": "a\\u0000", "user_id": "u", "phone": "1"}',
        b'{"request_id": "\\ud800", "user_id": "u", "phone": "1"}',
    ],
)
def test_what_is_no_json_object_is_refused(visitor, key, data):
    assert is_error(post(visitor, key, data), 400, "invalid_request")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"request_id": None}, "request_id"),
        ({"request_id": ""}, "request_id"),
        ({"request_id": 7}, "request_id"),
        ({"request_id": "x" * 101}, "request_id"),
        ({"user_id": None}, "user_id"),
        ({"phone": ["1"]}, "phone"),
        ({"links": "x"}, "links"),
        ({"links": {"deal_id": 7}}, "links"),
    ],
)
def test_missing_or_wrong_members_are_named(visitor, key, wrong, path):
    answer = post(visitor, key, json=GOOD | wrong)

    assert is_error(answer, 400, "invalid_request")
    assert [field["path"] for field in answer.json["error"]["fields"]] == [path]


def test_other_troubles_have_the_same_shape(visitor, key):
    gzip = {"Content-Encoding": "gzip"}
    large = b'{"request_id": "' + b"x" * 70_000 + b'"}'

    assert is_error(visitor.get("/api/v1/calls"), 405, "method_not_allowed")
    assert visitor.get("/api/v1/calls").headers["Allow"] == "OPTIONS, POST"
    assert is_error(visitor.post("/api/v1/nothing"), 404, "not_found")
    assert is_error(visitor.get("/api/x", headers={"Accept": "text/html"}), 404, "not_found")
    assert is_error(post(visitor, key, large), 413, "too_large")
    assert is_error(post(visitor, key, b"x", headers=gzip), 415, "unsupported_media_type")


def test_error_of_ours_tells_nothing_of_itself(app, visitor, key, monkeypatch):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("blueprints.api.find_session", lambda *_: 1 / 0)

    answer = visitor.get("/api/v1/calls/1", headers={"Authorization": f"Bearer {key}"})

    assert is_error(answer, 500, "internal_error")
    assert "division" not in answer.text


def test_login_of_a_person_opens_nothing_here(admin, office):
    headers = {"X-CSRFToken": csrf_token(admin, "/account")}

    assert is_error(admin.post("/api/v1/calls", json=GOOD, headers=headers), 401, "unauthorized")


def test_new_key_ends_the_old_one(app, visitor, office, key):
    from models import db

    with app.app_context():
        new = make_key_anew(db.session(), office.id)

    assert is_error(post(visitor, key, json=GOOD), 401, "unauthorized")
    assert is_error(post(visitor, new, json=GOOD), 422, "no_virtual_number")


def test_known_call_is_as_the_document_says(visitor, key):
    answer = visitor.get("/api/v1/calls/700000100", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 200
    check("Call", answer.json)
    assert answer.json["created"]["lead_id"] == "l_1"


def test_document_names_every_address_and_method_and_nothing_else(app, visitor):
    document = visitor.get("/api/openapi.json").json
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    there = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert told == there
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"]:
        jsonschema_rs.meta.validate({"$ref": f"#/components/schemas/{schema}", **document})


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        (GOOD, True),
        (GOOD | {"links": {"deal_id": "d_1", "lead_id": None}, "more": 1}, True),
        (GOOD | {"links": None}, True),
        (GOOD | {"phone": ""}, False),
        (GOOD | {"links": {"deal_id": 7}}, False),
        ({"request_id": "1"}, False),
    ],
)
def test_document_and_address_agree_on_requests(visitor, key, body, fits):
    try:
        check("CallRequest", body)
        says = True
    except jsonschema_rs.ValidationError:
        says = False

    assert says is fits
    assert (post(visitor, key, json=body).status_code != 400) is fits
