"""Addresses and forms that no page of ours makes: refused, and never an error of the server."""

from __future__ import annotations

import pytest
from werkzeug.routing import IntegerConverter

from models import db
from tests.pages import (
    ADMIN,
    PASSWORD,
    csrf_token,
    log_in,
    logged_in,
    make_app,
    plant_office,
)

NUL = "a\x00b"
HUGE = 10**20


@pytest.fixture
def app_on_postgres(emptied_postgres_url, tmp_path):
    app = make_app(tmp_path, DATABASE_URL=emptied_postgres_url)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def numbered(app):
    """Every address that names a row by its number beside the integration."""
    for rule in app.url_map.iter_rules():
        numbers = [name for name, kind in rule._converters.items() if _is_number(kind)]
        if set(numbers) - {"id"}:
            yield rule, [name for name in numbers if name != "id"]


def _is_number(kind) -> bool:
    return isinstance(kind, IntegerConverter)


def path_of(app, rule, office, numbers) -> str:
    path = rule.rule.replace("<int:id>", str(office.id))
    for name in numbers:
        path = path.replace(f"<int:{name}>", str(HUGE))
    return path


def test_number_that_no_database_holds_is_no_address(app, admin, office):
    token = csrf_token(admin, "/account")
    asked = [
        (method, path_of(app, rule, office, numbers))
        for rule, numbers in numbered(app)
        for method in {"GET", "POST"} & rule.methods
    ]
    assert len(asked) > 10

    found = {
        (method, path): admin.open(path, method=method, data={"csrf_token": token}).status_code
        for method, path in asked
    }

    assert {each: code for each, code in found.items() if code not in (404, 405)} == {}


@pytest.mark.parametrize(("field", "path"), [("run", "stop"), ("agreed", "sync")])
def test_number_in_a_form_that_no_database_holds_names_no_run(admin, office, field, path):
    address = f"/integrations/{office.id}/setup/users"
    data = {field: str(HUGE), "csrf_token": csrf_token(admin, "/account")}

    assert admin.post(f"{address}/{path}", data=data).status_code in (404, 422)


@pytest.mark.postgres
def test_nul_sign_in_an_address_names_nothing_on_postgresql(app_on_postgres):
    with app_on_postgres.app_context():
        office = plant_office()
    admin = logged_in(app_on_postgres, ADMIN)

    for path in (
        "calls/%00",
        "calls?q=a%00b",
        "setup/%00",
        "try/call/%00",
        "setup/auth/live?call=%00",
    ):
        answer = admin.get(f"/integrations/{office.id}/{path}")
        assert answer.status_code in (200, 404), path


@pytest.mark.postgres
def test_nul_sign_in_a_form_is_refused_on_postgresql(app_on_postgres):
    with app_on_postgres.app_context():
        office = plant_office()
    visitor, admin = app_on_postgres.test_client(), logged_in(app_on_postgres, ADMIN)
    token = csrf_token(admin, "/account")
    here = f"/integrations/{office.id}"
    forms = {
        "/account/profile": {"name": NUL, "locale": "en", "theme": ""},
        f"{here}/people/invite": {"email": f"{NUL}@example.com", "level": "employee"},
        f"{here}/setup/users/pairs": {"user": NUL, "employee": NUL, "do": "pair"},
        f"{here}/setup/tasks": {"tasks__lost_incoming__assign": NUL},
    }

    assert log_in(visitor, NUL, PASSWORD).status_code in (400, 422)
    for path, data in forms.items():
        answer = admin.post(path, data={**data, "csrf_token": token})
        assert answer.status_code in (400, 422), path
        assert "could not be read" in answer.text or answer.status_code == 422
