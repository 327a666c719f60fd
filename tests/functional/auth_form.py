"""The form of keys and addresses, both simulators behind it, and what is stored of it."""

from __future__ import annotations

import re

import pytest

from models import CrmAccount, Integration, db
from tests.callgear import simulated
from tests.pages import ADMIN, HTMX, csrf_token, log_in, make_app, plant_office
from tests.simulated import behomes_simulator

KEY = "demo-behomes-key"
NOBODY = "http://127.0.0.1:9"
OTHER = {"accounts": [{"key": "key-of-another", "account_id": "acc_2", "template": "demo"}]}


@pytest.fixture(scope="module")
def crm():
    with behomes_simulator("--seed", "demo") as simulator:
        simulator.control("POST", "/_sim/seed", OTHER)
        yield simulator


@pytest.fixture(scope="module")
def pbx():
    with simulated() as simulator:
        yield simulator


@pytest.fixture
def app(tmp_path, crm, pbx):
    hosts = [url.removeprefix("http://") for url in (crm.url, pbx.url, NOBODY)]
    app = make_app(tmp_path, API_HOSTS=",".join(hosts))
    yield app
    crm.control("DELETE", "/_sim/faults")
    pbx.control("DELETE", "/_sim/faults")
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def office(app, crm):
    """An integration whose account is known and whose key was refused."""
    with app.app_context():
        office = plant_office()
        vault = app.extensions["vault"]
        row = db.session.get_one(Integration, office.id)
        row.behomes_base_url = row.crm_account.base_url = crm.url
        row.behomes_key_sealed = vault.seal("an-old-key-abcd")
        row.webhook_secret_sealed = vault.seal("the-webhook-secret")
        row.crm_account.account_id = "acc_1001"
        row.crm_account.breaker = "key"
        db.session.commit()
        db.session.remove()
    return office


@pytest.fixture
def admin(app, office):
    return signed_in(app, ADMIN)


def signed_in(app, email):
    client = app.test_client()
    assert log_in(client, email).status_code == 303
    return client


def page_of(office) -> str:
    return f"/integrations/{office.id}/setup/auth"


def fields(pbx, crm, **more):
    return {
        "title": "Dubai office",
        "timezone": "Asia/Dubai",
        "default_country": "AE",
        "locale": "en",
        "behomes_url": crm.url,
        "data_api_url": f"{pbx.url}/v2.0",
        "call_api_url": f"{pbx.url}/v4.0",
        "act": "save",
        **more,
    }


@pytest.fixture
def post(admin, office, pbx, crm):
    def send(client=admin, htmx=False, path=None, **more):
        data = fields(pbx, crm, csrf_token=csrf_token(client, "/integrations"), **more)
        return client.post(path or page_of(office), data=data, headers=HTMX if htmx else {})

    return send


def stored(app, office) -> Integration:
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        db.session.refresh(row)
        db.session.expunge_all()
        return row


def key_of(app, office) -> str:
    return app.extensions["vault"].open(stored(app, office).behomes_key_sealed)


def breaker(app) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(db.select(CrmAccount.breaker)))


def held(answer, name) -> str:
    found = re.search(rf'name="{name}_held"[^>]*value="([^"]*)"', answer.text)
    assert found
    return found[1]
