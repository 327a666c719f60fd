"""Keys and addresses: stored only after they passed, never for another account."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CrmAccount, Integration, Login, LoginIntegration, WebhookToken, db
from services.connection_result import Kind, System, read_result
from services.create_login import create_login
from services.integration_file import read_file
from services.integrations import create_integration
from services.new_integration import make_integration
from services.save_connection import Typed, save_connections
from services.vault import Vault
from tests.callgear import TOKEN
from tests.factories import make_file
from tests.notifications import lost_call

OTHER = {"accounts": [{"key": "key-of-another", "account_id": "acc_2", "template": "demo"}]}
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def office(server, pbx):
    """An integration that knows its account; both simulators and nobody's address may be asked."""
    server.reach(pbx.url.removeprefix("http://"), "127.0.0.1:9")
    yield server
    server.heal()
    pbx.control("DELETE", "/_sim/faults")


def save(server, **typed):
    options = {name: typed.pop(name) for name in ("store", "without_test") if name in typed}
    with server.app.app_context():
        return save_connections(db.session(), server.id, Typed(**typed), server.ports, **options)


def row(server) -> Integration:
    with Session(server.engine) as session:
        found = session.get_one(Integration, server.id)
        session.expunge_all()
        return found


def key_of(server) -> str:
    return server.app.extensions["vault"].open(row(server).behomes_key_sealed)


def callgear(pbx) -> dict[str, str]:
    return {
        "data_api_url": f"{pbx.url}/v2.0",
        "call_api_url": f"{pbx.url}/v4.0",
        "access_token": TOKEN,
    }


# What passed is stored


def test_both_keys_are_stored_sealed_with_what_the_test_said(office, pbx):
    sides = save(office, **callgear(pbx))

    assert sides[System.CALLGEAR].is_stored
    assert not sides[System.BEHOMES].is_changed
    stored = row(office)
    assert TOKEN not in (stored.access_token_sealed or TOKEN)
    assert office.ports.vault.open(stored.access_token_sealed) == TOKEN
    assert stored.media_hosts == ["media.callgear.com"]
    assert stored.pbx_tried_at is None
    for system in System:
        result = read_result(stored.connection_checks[system])
        assert result.ok
        assert result.at is not None


def test_only_testing_stores_no_key(office, pbx):
    before = row(office)

    sides = save(office, store=False, **callgear(pbx))

    assert sides[System.CALLGEAR].result.ok
    assert sides[System.CALLGEAR].is_refused
    assert row(office).access_token_sealed == before.access_token_sealed
    assert System.CALLGEAR not in row(office).connection_checks
    assert System.BEHOMES in row(office).connection_checks


def test_wrong_key_of_one_system_does_not_hold_up_the_other(office, pbx):
    sides = save(office, **callgear(pbx), api_key="no-such-key")

    assert sides[System.BEHOMES].is_refused
    assert sides[System.BEHOMES].result.trouble.kind is Kind.KEY_REFUSED
    assert sides[System.CALLGEAR].is_stored
    assert key_of(office) == office.crm.key
    assert office.breaker() == "closed"


def test_accepted_key_lets_waiting_calls_go_on(office):
    office.fault("key_revoked")
    office.notify(*lost_call("1"))
    office.drain()
    assert office.breaker() == "key"
    office.heal()

    save(office)
    office.drain()

    assert office.breaker() == "closed"
    assert office.state() == ("written", None)


def test_refusal_of_the_stored_key_stops_writing_at_once(office):
    office.fault("key_revoked")

    sides = save(office)

    assert sides[System.BEHOMES].result.trouble.kind is Kind.KEY_REFUSED
    assert office.breaker() == "key"


# Another account


def test_key_of_another_account_is_never_stored(office):
    office.crm.control("POST", "/_sim/seed", OTHER)
    before = key_of(office)

    sides = save(office, api_key="key-of-another", without_test=True)

    assert sides[System.BEHOMES].result.trouble.kind is Kind.OTHER_ACCOUNT
    assert sides[System.BEHOMES].is_refused
    assert not sides[System.BEHOMES].may_skip
    assert key_of(office) == before


def test_key_that_opens_another_account_by_now_stops_writing(office):
    office.crm.control("POST", "/_sim/seed", OTHER)
    sealed = office.ports.vault.seal("key-of-another")
    office.change(behomes_key_sealed=sealed)
    with Session(office.engine) as session, session.begin():
        session.execute(db.update(CrmAccount).values(breaker="open", probe_at=None))

    office.probe()

    assert office.breaker() == "key"
    with Session(office.engine) as session:
        assert session.scalars(select(CrmAccount.account_id)).one() == f"acc_{office.crm.key}"


def test_key_of_another_pbx_account_is_never_stored(office, pbx):
    save(office, **callgear(pbx))
    checks = dict(row(office).connection_checks)
    checks[System.CALLGEAR] = {**checks[System.CALLGEAR], "account_id": "999"}
    office.change(connection_checks=checks)

    moved = pbx.url.replace("127.0.0.1", "localhost")
    office.reach(pbx.url.removeprefix("http://"), moved.removeprefix("http://"))

    sides = save(office, data_api_url=f"{moved}/v2.0")

    assert sides[System.CALLGEAR].result.trouble.kind is Kind.OTHER_ACCOUNT
    assert sides[System.CALLGEAR].is_refused


# Without a test


def test_known_account_needs_a_test(office):
    sides = save(office, behomes_url=NOBODY, without_test=True)

    assert sides[System.BEHOMES].result.trouble.kind is Kind.NO_CONNECTION
    assert not sides[System.BEHOMES].may_skip
    assert row(office).behomes_base_url == office.crm.url


def test_account_that_never_answered_may_be_stored_without_a_test(office):
    office.use(behomes={"base_url": NOBODY, "api_key": "k"})
    office.fault("error_500_before")

    refused = save(office, behomes_url=office.crm.url, api_key=office.crm.key)
    assert refused[System.BEHOMES].is_refused
    assert refused[System.BEHOMES].may_skip
    stored = save(office, behomes_url=office.crm.url, api_key=office.crm.key, without_test=True)

    assert stored[System.BEHOMES].is_stored
    assert office.breaker() == "new"
    office.heal()
    office.probe()
    assert office.breaker() == "closed"


def test_refused_key_is_not_stored_without_a_test(office):
    office.use(behomes={"base_url": NOBODY, "api_key": "k"})

    sides = save(office, behomes_url=office.crm.url, api_key="wrong", without_test=True)

    assert sides[System.BEHOMES].is_refused
    assert row(office).behomes_base_url == NOBODY


# Another address of the same account


def test_account_at_another_address_keeps_its_row(office):
    before = row(office).crm_account_row_id
    moved = office.crm.url.replace("127.0.0.1", "localhost")
    office.reach(moved.removeprefix("http://"))

    sides = save(office, behomes_url=moved)

    assert sides[System.BEHOMES].is_stored
    stored = row(office)
    assert (stored.behomes_base_url, stored.crm_account_row_id) == (moved, before)
    assert office.breaker() == "closed"
    office.notify(*lost_call("1"))
    office.drain()
    assert office.state() == ("written", None)


def test_unreadable_stored_key_is_as_none(office):
    with office.app.app_context():
        office.change(behomes_key_sealed=Vault([Fernet.generate_key().decode()]).seal("lost"))

    sides = save(office)
    assert sides[System.BEHOMES].result is None

    sides = save(office, api_key=office.crm.key)
    assert sides[System.BEHOMES].is_stored


# A new one


def make_new(server, *, limited_to=(), **parts):
    file = make_file(server.crm, settings=None, publish=False, user_mapping=[], **parts)
    with server.app.app_context():
        login = create_login(
            db.session(), "new@example.com", "admin", "correct horse", integration_ids=limited_to
        )
        made, side = make_integration(
            db.session(), read_file(file), server.ports, login_id=login.id
        )
        return made, side, login.id


def test_new_integration_is_made_after_its_key_passed(office):
    made, side, _login = make_new(office)

    assert side.is_stored
    with Session(office.engine) as session:
        stored = session.get_one(Integration, made)
        assert stored.crm_account.breaker == "closed"
        assert (
            read_result(stored.connection_checks["behomes"]).account_id == f"acc_{office.crm.key}"
        )
        token = session.scalars(
            select(WebhookToken).where(WebhookToken.integration_id == made)
        ).one()
        assert token.token_sealed


@pytest.mark.parametrize(
    ("behomes", "kind", "may_skip"),
    [
        pytest.param({"api_key": "wrong"}, Kind.KEY_REFUSED, False, id="key"),
        pytest.param({"base_url": NOBODY}, Kind.NO_CONNECTION, True, id="nobody"),
    ],
)
def test_nothing_is_made_if_the_key_did_not_pass(office, behomes, kind, may_skip):
    own = {"base_url": office.crm.url, "api_key": office.crm.key}

    made, side, _login = make_new(office, behomes={**own, **behomes})

    assert made is None
    assert (side.result.trouble.kind, side.may_skip) == (kind, may_skip)
    with Session(office.engine) as session:
        assert len(session.scalars(select(Integration.id)).all()) == 1


@pytest.mark.parametrize("is_limited", [True, False])
def test_limited_admin_sees_what_he_made(office, is_limited):
    made, _side, login_id = make_new(office, limited_to=(office.id,) if is_limited else ())

    with Session(office.engine) as session:
        assert session.get_one(Login, login_id).may_see(made)
        rows = session.scalars(
            select(LoginIntegration).where(LoginIntegration.login_id == login_id)
        ).all()
        assert len(rows) == (2 if is_limited else 0)


def test_key_for_another_address_does_not_take_the_account_of_a_stranger(office):
    """Accounts that nobody has answered for yet have no name: they are not one and the same."""
    with office.app.app_context():
        session = db.session()
        strangers = create_integration(
            session, read_file(make_file(office.crm, title="Stranger")), office.ports
        )
        mine = make_file(office.crm, title="Mine")
        mine["behomes"] = {**mine["behomes"], "base_url": NOBODY}
        own = create_integration(session, read_file(mine), office.ports)
        typed = Typed(behomes_url=office.crm.url, api_key=office.crm.key)
        sides = save_connections(session, own.id, typed, office.ports)
        assert sides[System.BEHOMES].is_stored

        stranger = session.get_one(Integration, strangers.id).crm_account
        assert stranger.account_id is None
        assert session.get_one(Integration, own.id).crm_account_row_id != stranger.id
