"""Replacing a key: it is tried first, and stored only if it opens the same account."""

from __future__ import annotations

import pytest

from models import CrmAccount, Integration, db
from tests.pages import ADMIN, EMPLOYEE, HTMX, csrf_token, log_in, make_app, plant_office
from tests.simulated import behomes_simulator

PAGE = "/integrations/{}/key"


@pytest.fixture(scope="module")
def crm():
    with behomes_simulator("--seed", "demo") as simulator:
        simulator.control(
            "POST",
            "/_sim/seed",
            {"accounts": [{"key": "key-of-another", "account_id": "acc_2", "template": "demo"}]},
        )
        yield simulator


@pytest.fixture
def blocked(tmp_path, crm):
    """An app whose integration's key was refused."""
    app = make_app(tmp_path, API_HOSTS=crm.url.removeprefix("http://"))
    with app.app_context():
        office = plant_office()
        integration = db.session.get_one(Integration, office.id)
        integration.behomes_base_url = crm.url
        integration.crm_account.base_url = crm.url
        integration.crm_account.account_id = "acc_1001"
        integration.crm_account.breaker = "key"
        db.session.commit()
        db.session.remove()
    yield app, office
    with app.app_context():
        db.engine.dispose()


def signed_in(app, email: str):
    client = app.test_client()
    assert log_in(client, email).status_code == 303
    return client


def post(client, office, key: str, **headers: str):
    token = csrf_token(client, f"/integrations/{office.id}/calls")
    data = {"api_key": key, "csrf_token": token}
    return client.post(PAGE.format(office.id), data=data, headers=headers)


def breaker(app) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(db.select(CrmAccount.breaker)))


def test_banner_leads_to_the_key_page(blocked):
    app, office = blocked
    admin = signed_in(app, ADMIN)

    page = admin.get(f"/integrations/{office.id}/calls")

    assert PAGE.format(office.id) in page.text


def test_working_key_is_stored_and_closes_the_breaker(blocked):
    app, office = blocked
    admin = signed_in(app, ADMIN)

    answer = post(admin, office, " demo-behomes-key ")

    assert answer.status_code == 303
    assert "closed" in breaker(app)
    with app.app_context():
        sealed = db.session.get_one(Integration, office.id).behomes_key_sealed
        assert app.extensions["vault"].open(sealed) == "demo-behomes-key"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param("", "Enter the API key", id="empty"),
        pytest.param("no-such-key", "does not accept this key", id="refused"),
        pytest.param("key-of-another", "another Behomes account", id="other-account"),
    ],
)
def test_key_that_does_not_help_is_not_stored(blocked, key, said):
    app, office = blocked
    admin = signed_in(app, ADMIN)

    page = post(admin, office, key)
    part = post(admin, office, key, **HTMX)

    assert (page.status_code, part.status_code) == (422, 422)
    assert said in page.text
    assert part.text.lstrip().startswith("<section")
    assert "key" in breaker(app)
    assert key not in page.text or key == ""


def test_key_page_is_for_admins(blocked):
    app, office = blocked
    employee = signed_in(app, EMPLOYEE)

    assert employee.get(PAGE.format(office.id)).status_code == 403
    assert app.test_client().get(PAGE.format(office.id)).status_code == 302


def test_key_page_of_a_strangers_integration_is_not_there(blocked):
    app, office = blocked
    admin = signed_in(app, ADMIN)

    assert admin.get(PAGE.format(office.strange_id)).status_code == 404
