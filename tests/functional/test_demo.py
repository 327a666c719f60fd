from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models import Card, Integration, db
from tests.pages import HTMX, NOON, csrf_token, logged_in, make_app, plant_office
from tests.simulated import behomes_simulator, callgear_simulator


@pytest.fixture(scope="module")
def simulators():
    with behomes_simulator() as crm, callgear_simulator() as pbx:
        yield crm, pbx


@pytest.fixture
def demo(tmp_path, simulators):
    """An admin of an office whose two other sides are the simulators."""
    crm, pbx = simulators
    hosts = ",".join(one.url.removeprefix("http://") for one in simulators)
    app = make_app(tmp_path, API_HOSTS=hosts)
    with app.app_context():
        row = db.session.get_one(Integration, plant_office().id)
        row.behomes_base_url, row.data_api_url = crm.url, f"{pbx.url}/v2.0"
        db.session.commit()
    yield logged_in(app, "admin@example.com")
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_journal_and_crm_stand_side_by_side(demo, simulators, headers):
    crm, _pbx = simulators
    crm.session.post(
        f"{crm.url}/v4/crm/clients",
        params={"api_key": crm.key},
        json={"external_id": "cg-demo", "name": "Call <1>", "phones": ["+971501234599"]},
        timeout=5,
    )

    page = demo.get("/demo", headers=headers).text

    assert "+971 50 123 4501" in page
    assert "Client, Lead, Task" in page
    assert "Call &lt;1&gt;" in page
    assert f"{crm.url}/board?lang=en" in page
    assert ("<html" in page) is (headers == {})


def test_screen_of_the_employee_stands_beside_them(demo):
    assert "While a phone rings" in demo.get("/demo").text
    seat = {"state": "ringing", "rang_at": None, "since": NOON.isoformat(), "name": "Agent <One>"}
    with demo.application.app_context():
        db.session.add(
            Card(
                integration_id=1,
                call_session_id="900",
                state="ringing",
                started_at=datetime.now(UTC),
                updated_at=datetime.now(UTC),
                client_phone="+971501234567",
                employees={"101": seat | {"has_talked": False}},
                source={},
                told={},
                crm_state="away",
            )
        )
        db.session.commit()

    page = demo.get("/demo", headers=HTMX).text

    for words in ("Agent &lt;One&gt;", "+971 50 123 4567", "does not answer", "Incoming call"):
        assert words in page


@pytest.mark.parametrize("slug", ["new-answered", "new-lost", "repeat-transfer", "outgoing-silent"])
def test_button_makes_a_call_at_the_pbx(demo, simulators, slug):
    _crm, pbx = simulators
    pbx.control("POST", "/_sim/reset", {})
    data = {"call": slug, "csrf_token": csrf_token(demo, "/demo")}

    answer = demo.post("/demo/calls", data=data)

    assert (answer.status_code, answer.location) == (303, "/demo")
    assert "The call has started" in demo.get("/demo").text
    state = pbx.control("GET", "/_sim/state")
    assert state["calls"] + state["running"] > 0


def test_stream_of_calls_starts(demo):
    demo.post("/demo/calls", data={"call": "stream", "csrf_token": csrf_token(demo, "/demo")})

    assert "The call has started: A busy minute" in demo.get("/demo").text


def test_partial_brings_the_news_to_the_toasts(demo):
    data = {"call": "new-lost", "csrf_token": csrf_token(demo, "/demo")}
    demo.post("/demo/calls", data=data, headers=HTMX)

    assert 'hx-swap-oob="beforeend"' in demo.get("/demo", headers=HTMX).text


def test_unknown_call_is_400(demo):
    data = {"call": "moon", "csrf_token": csrf_token(demo, "/demo")}

    assert demo.post("/demo/calls", data=data).status_code == 400


def test_silent_simulators_are_told_of(admin):
    page = admin.get("/demo").text
    answer = admin.post(
        "/demo/calls", data={"call": "new-lost", "csrf_token": csrf_token(admin, "/demo")}
    )

    assert "The simulated Behomes does not answer." in page
    assert answer.status_code == 303
    assert "The simulated CallGear does not answer." in admin.get("/demo").text


def test_demo_is_for_administrators(employee):
    assert employee.get("/demo").status_code == 403


def test_visitor_logs_in_first(visitor):
    assert visitor.get("/demo").status_code == 302


def test_there_is_no_demo_outside_the_demo(tmp_path):
    app = make_app(tmp_path, DEMO="0")
    with app.app_context():
        plant_office()

    assert logged_in(app, "admin@example.com").get("/demo").status_code == 404
