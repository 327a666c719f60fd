from __future__ import annotations

import pytest
from flask import abort

from models import CrmAccount, Integration, db
from tests.pages import ADMIN, HTMX, csrf_token, log_in, make_app


def test_start_page_leads_an_admin_to_the_overview(admin, office):
    assert admin.get("/").location == f"/integrations/{office.id}/overview"


def test_start_page_leads_an_employee_to_the_console(employee, office):
    assert employee.get("/").location == "/console"


def test_start_page_of_who_has_no_integration_is_the_list(app, employee):
    with app.app_context():
        db.session.execute(db.text("DELETE FROM login_integration"))
        db.session.commit()

    assert employee.get("/").location == "/integrations"


def test_visitor_of_the_start_page_logs_in_first(visitor):
    assert visitor.get("/").location == "/login?next=/"


def test_integrations_are_the_persons_own(admin, office):
    page = admin.get("/integrations").text

    assert "Dubai office" in page
    assert "Another office" not in page


@pytest.mark.parametrize(
    ("change", "badge"),
    [
        pytest.param({}, "Working", id="working"),
        pytest.param({"paused": True}, "Paused", id="paused"),
        pytest.param({"published_version": None}, "Not turned on yet", id="never published"),
        pytest.param({"breaker": "key"}, "Key refused", id="key"),
        pytest.param({"breaker": "open"}, "Behomes does not answer", id="away"),
    ],
)
def test_integration_shows_its_state(app, admin, office, change, badge):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.paused_at = row.created_at if change.get("paused") else None
        row.published_version = change.get("published_version", 3)
        db.session.scalars(db.select(CrmAccount)).one().breaker = change.get("breaker", "closed")
        db.session.commit()

    assert badge in admin.get("/integrations").text


def test_refused_key_is_one_banner_with_one_action(app, admin, office):
    with app.app_context():
        db.session.scalars(db.select(CrmAccount)).one().breaker = "key"
        db.session.commit()

    page = admin.get(f"/integrations/{office.id}/calls").text

    assert page.count("banner-error") == 1
    assert "Behomes no longer accepts the API key of “Dubai office”." in page


def test_login_without_integrations_is_told_whom_to_ask(app, employee):
    with app.app_context():
        db.session.execute(db.text("DELETE FROM login_integration"))
        db.session.commit()

    assert "You have no integrations yet" in employee.get("/integrations").text


def test_language_is_kept_on_the_login(app, admin):
    token = csrf_token(admin, "/integrations")
    data = {"locale": "ru", "next": "/integrations", "csrf_token": token}

    answer = admin.post("/language", data=data)

    assert (answer.status_code, answer.location) == (303, "/integrations")
    assert '<html lang="ru"' in admin.get("/integrations").text
    elsewhere = app.test_client()
    log_in(elsewhere, ADMIN)
    assert "Интеграции" in elsewhere.get("/integrations").text


def test_visitors_language_and_theme_are_kept_in_cookies(visitor):
    token = csrf_token(visitor)
    visitor.post("/language", data={"locale": "ru", "next": "/login", "csrf_token": token})
    visitor.post("/theme", data={"theme": "dark", "next": "/login", "csrf_token": token})

    page = " ".join(visitor.get("/login").text.split())
    assert '<html lang="ru" data-theme="dark">' in page


def test_theme_of_the_system_is_no_theme_of_ours(admin):
    token = csrf_token(admin, "/integrations")
    admin.post("/theme", data={"theme": "dark", "csrf_token": token})
    admin.post("/theme", data={"theme": "", "csrf_token": token})

    assert "data-theme=" not in admin.get("/integrations").text.partition("<head>")[0]


@pytest.mark.parametrize(
    ("path", "data"),
    [("/language", {"locale": "xx"}), ("/theme", {"theme": "pink"}), ("/theme", {})],
)
def test_unknown_choice_is_400(visitor, path, data):
    assert visitor.post(path, data={**data, "csrf_token": csrf_token(visitor)}).status_code == 400


def test_choice_leads_back_to_this_server_only(visitor):
    data = {"locale": "ru", "next": "https://example.com", "csrf_token": csrf_token(visitor)}

    assert visitor.post("/language", data=data).location == "/"


def test_browsers_language_does_not_count(visitor):
    page = visitor.get("/login", headers={"Accept-Language": "ru"}).text

    assert '<html lang="en"' in page


def test_style_guide_is_for_the_demo_only(tmp_path, visitor):
    real = make_app(tmp_path / "real", DEMO="0").test_client()

    assert visitor.get("/styleguide").status_code == 200
    assert real.get("/styleguide").status_code == 404


def test_demo_banner_is_for_the_demo_only(tmp_path, admin):
    assert "Demo: calls and people are made up." in admin.get("/integrations").text


def test_missing_page_says_what_to_do(admin):
    answer = admin.get("/no-such-page", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    for words in ("There is no such page", "What it means for calls", "support@callgear.com"):
        assert words in answer.text
    assert "<html" not in admin.get("/no-such-page", headers=HTMX).text


def test_machines_get_no_page_for_an_error(visitor):
    assert "<html" not in visitor.get("/api/v1/nothing").text.replace("<html lang=en>", "")


def test_page_that_broke_shows_an_id_that_the_log_has_too(app, visitor, caplog):
    def broken():
        raise RuntimeError("a secret detail")

    app.add_url_rule("/broken", view_func=broken)

    answer = visitor.get("/broken")

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "a secret detail" not in answer.text
    told = next(record for record in caplog.records if "page failed" in record.getMessage())
    assert told.args[0] in answer.text


@pytest.mark.parametrize("status", [400, 403, 413, 503])
def test_every_error_has_its_page(app, visitor, status):
    app.add_url_rule(f"/abort-{status}", view_func=lambda: abort(status), endpoint=f"e{status}")

    answer = visitor.get(f"/abort-{status}")

    assert answer.status_code == status
    assert "What happened" in answer.text
