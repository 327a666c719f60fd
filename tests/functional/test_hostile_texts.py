"""Texts of callers, of both vendors and of admins: wherever they are shown they stay texts."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import pytest
from sqlalchemy import JSON, String

from models import CallSession, EmployeeRow, Integration, db
from tests.doors import Planted, ask, person, plant, rules_of
from tests.hostile import FIELDS, HOSTILE, MARK, spoil
from tests.pages import CALL_IDS, csrf_token, make_app

FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("http://a")', "＝1", "|calc")
TAGS = ["img", "svg", "iframe", "object"]


class Found(HTMLParser):
    """Elements and attributes that a page of ours never has."""

    def __init__(self):
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = {name: value or "" for name, value in attrs}
        if tag == "script" and not names.get("src", "").startswith("/static/"):
            self.wrong.append(f"script {names}")
        if (tag == "img" and names.get("src") == "x") or (tag == "svg" and "onload" in names):
            self.wrong.append(tag)
        for name, value in names.items():
            target = name in ("href", "src", "action", "formaction", "hx-get", "hx-post")
            if name.startswith("on") or (target and value.strip().lower().startswith("javascript")):
                self.wrong.append(f"{tag} {name}={value[:40]}")
            if MARK in name or "{{" in name:
                self.wrong.append(f"{tag} {name}")


@pytest.fixture
def app(tmp_path):
    app = make_app(tmp_path)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def planted(app, office):
    with app.app_context():
        own, _strange = plant(app, office)
        spoil(office.id)
        db.session.commit()
    return own


def test_list_of_fields_names_columns_of_texts():
    for model, names in FIELDS.items():
        for name in names:
            assert isinstance(model.__table__.c[name].type, (String, JSON)), (model, name)


@pytest.mark.parametrize("who", ["admin", "employee"])
def test_no_page_takes_a_text_for_more_than_a_text(app, planted, who):
    client, _token = person(app, who)
    wrong, shown = [], 0

    for path in _pages(app, planted):
        answer = client.get(path)
        if answer.mimetype != "text/html" or answer.status_code >= 400:
            assert answer.status_code in (200, 302, 401, 403, 404, 503), path
            continue
        shown += MARK in answer.text
        wrong += [f"{path}: {each}" for each in _wrong_in(answer.text)]

    assert wrong == []
    assert shown >= {"admin": 20, "employee": 4}[who]


def _pages(app, planted: Planted):
    for method, rule in rules_of(app):
        if method == "GET" and "stream" not in rule.rule and "static" not in rule.rule:
            yield planted.path(app, rule)
    calls = f"/integrations/{planted.integration_id}/calls"
    yield from (f"{calls}/{each}" for each in CALL_IDS)
    yield from (f"{calls}?q={MARK}'\"><img src=x>", f'/login?next={MARK}"><img src=x>')
    yield f"/integrations/{planted.integration_id}/journal?q=%22%3E%3Cimg%20src%3Dx%3E{{{{7*7}}}}"


def _wrong_in(text):
    parser = Found()
    parser.feed(text)
    evaluated = [word for word in ("alert(3)>49", "$49", "&lt;Config", "<Config") if word in text]
    return parser.wrong + evaluated


def test_errors_show_nothing_of_what_was_asked_as_more_than_text(app, planted):
    client, token = person(app, "admin")

    for path in ("/no-such-%22%3E%3Cimg%20src=x%3E", "/integrations/%3Csvg/onload=alert(1)%3E"):
        for method in ("GET", "POST"):
            headers = {"Accept": "text/html", "Referer": HOSTILE[:60].encode("latin-1", "ignore")}
            answer = client.open(
                path, method=method, data={"csrf_token": token, "a": HOSTILE}, headers=headers
            )
            assert answer.status_code in (404, 405)
            assert _wrong_in(answer.text) == []


def test_typed_texts_come_back_as_texts(app, planted):
    """What is refused is shown again, in the field and beside it."""
    client, token = person(app, "admin")
    names = (
        "title",
        "email",
        "name",
        "text",
        "origins",
        "q",
        "phone",
        "note",
        "sources",
        "file",
        "allowed",
        "behomes_url",
        "locale",
        "level",
        "password",
        "tasks__lost_incoming__text",
    )
    data = {name: HOSTILE for name in names} | {"csrf_token": token}
    refused = 0

    for method, rule in rules_of(app):
        if method == "POST" and rule.rule.startswith(
            ("/integrations/<int:id>/", "/account", "/login")
        ):
            if rule.rule.endswith(("delete", "others", "password")):
                continue
            answer = client.post(planted.path(app, rule), data=data)
            refused += answer.status_code == 422
            assert answer.status_code < 500, rule
            if answer.mimetype == "text/html":
                assert _wrong_in(answer.text) == [], rule
    assert refused > 10


@pytest.mark.parametrize("formula", FORMULAS)
def test_cell_of_a_file_is_never_a_formula(app, planted, formula):
    with app.app_context():
        for call in db.session.scalars(db.select(CallSession)):
            call.note = call.campaign = formula
            call.client = {"id": formula, "name": formula}
        for each in db.session.scalars(db.select(EmployeeRow)):
            each.full_name = formula
        db.session.commit()
    client, _token = person(app, "admin")

    answer = client.get(f"/integrations/{planted.integration_id}/calls.csv")

    cells = [
        cell
        for row in csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""))
        for cell in row
    ]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r＝|"))] == []
    assert any(formula.strip() in cell for cell in cells)


@pytest.mark.parametrize(
    "title", ['a"; filename="b.exe', "a\r\nSet-Cookie: x=y", "../../a", "я" * 80]
)
def test_name_of_a_file_makes_no_header(app, planted, title):
    with app.app_context():
        db.session.get_one(Integration, planted.integration_id).title = title[:80]
        db.session.commit()
    client, _token = person(app, "admin")

    for path in ("calls.csv", "export"):
        answer = client.get(f"/integrations/{planted.integration_id}/{path}")
        disposition = answer.headers["Content-Disposition"]
        assert "\r" not in disposition and "\n" not in disposition
        assert ".exe" not in disposition.split(";")[-1] or "filename*" in disposition
        assert "x=y" not in answer.headers.get("Set-Cookie", "")
        assert "/" not in disposition


@pytest.mark.parametrize(
    "target",
    [
        "/\r\nSet-Cookie: x=y",
        "/%0d%0aSet-Cookie:x=y",
        "//evil.example",
        "/\\evil.example",
        "https:x",
    ],
)
def test_place_to_go_to_makes_no_header_and_leads_nowhere_else(app, planted, target):
    client = person(app, "admin")[0]
    data = {"csrf_token": csrf_token(client, "/account"), "locale": "en", "next": target}

    answer = client.post("/language", data=data)

    assert "x=y" not in str(answer.headers.getlist("Set-Cookie"))
    assert answer.location is None or answer.location.startswith("/")
    assert not (answer.location or "").startswith(("//", "/\\"))


def test_answers_to_other_pages_and_to_scripts_are_json_alone(app, planted):
    client, token = person(app, "admin")
    asked = {"X-CSRFToken": token, "Accept": "application/json"}
    call = f"/integrations/{planted.integration_id}/console/calls/{CALL_IDS[0]}"

    answer = client.get(call, headers=asked)

    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert MARK in answer.text
    _verdict, page = ask(client, "GET", "/console")
    assert page.status_code == 200
