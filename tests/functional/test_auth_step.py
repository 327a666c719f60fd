"""The step `auth`: keys and addresses tested before they are stored; what went wrong, what to do.

Key fields are never filled: what was typed travels sealed, what is stored is shown by its end.
"""

from __future__ import annotations

import re

import pytest

from models import Integration, LoginIntegration, WebhookToken, db
from tests.callgear import TOKEN
from tests.functional.auth_form import (
    KEY,
    NOBODY,
    admin,
    app,
    breaker,
    crm,
    held,
    key_of,
    office,
    page_of,
    pbx,
    post,
    signed_in,
    stored,
)
from tests.pages import EMPLOYEE, HTMX

__all__ = ["admin", "app", "crm", "office", "pbx", "post"]

# The page


def test_page_shows_keys_by_their_end_only(admin, office):
    page, part = admin.get(page_of(office)), admin.get(page_of(office), headers=HTMX)

    for answer in (page, part):
        assert "•••• abcd" in answer.text
        assert 'aria-invalid="None"' not in answer.text
        assert "an-old-key" not in answer.text
    assert part.text.lstrip().startswith('<div id="wizard"')


def test_banner_of_a_refused_key_leads_here(admin, office):
    page = admin.get(f"/integrations/{office.id}/calls").text
    old = admin.get(f"/integrations/{office.id}/key")

    assert page_of(office) in page
    assert (old.status_code, old.location) == (302, f"{page_of(office)}#api_key")


def test_page_is_for_admins_of_the_integration(app, admin, office, post):
    employee = signed_in(app, EMPLOYEE)
    strange = f"/integrations/{office.strange_id}/setup/auth"

    assert employee.get(page_of(office)).status_code == 403
    assert post(employee).status_code == 403
    assert admin.get(strange).status_code == 404
    assert post(path=strange).status_code == 404
    assert app.test_client().get(page_of(office)).status_code == 302


# Saving


def test_working_keys_are_stored_and_what_waited_goes_on(app, admin, office, post):
    answer = post(api_key=f" {KEY} ", access_token=TOKEN)

    assert (answer.status_code, answer.location) == (303, page_of(office))
    assert key_of(app, office) == KEY
    assert "closed" in breaker(app)
    page = admin.get(page_of(office)).text
    assert "Saved. The connections work." in page
    for word in ("the address answers", "the key is accepted", "the rights suffice"):
        assert page.count(word) == 2
    assert "Tested" in page
    assert KEY not in page
    assert TOKEN not in page


def test_everything_else_is_stored_too(app, office, post):
    post(
        api_key=KEY,
        title="  Marina   office ",
        timezone="Asia/Riyadh",
        default_country="SA",
        require_secret="1",
        sources="10.1.2.3\n192.0.2.0/24\n",
    )

    row = stored(app, office)
    assert (row.title, row.timezone, row.default_country, row.locale) == (
        "Marina office",
        "Asia/Riyadh",
        "SA",
        "en",
    )
    assert (row.require_secret, row.sources) == (True, ["10.1.2.3", "192.0.2.0/24"])


def test_empty_key_keeps_the_stored_one_and_tests_it(app, admin, office, post, crm):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.behomes_key_sealed = app.extensions["vault"].seal(KEY)
        db.session.commit()

    answer = post(api_key="")

    assert answer.status_code == 303
    assert key_of(app, office) == KEY
    assert "closed" in breaker(app)


def test_testing_alone_stores_nothing(app, admin, office, post):
    answer = post(api_key=KEY, act="check", title="Other")

    assert answer.status_code == 200
    assert "What you typed was tested; it is not stored." in answer.text
    assert key_of(app, office) == "an-old-key-abcd"
    assert stored(app, office).title == "Dubai office"
    assert breaker(app) == {"key"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"api_key": "no-such-key-at-all"}, "does not accept the key", id="refused"),
        pytest.param({"api_key": "key-of-another"}, "belongs to another account", id="other"),
        pytest.param({"title": " "}, "Enter a name.", id="no-title"),
        pytest.param({"title": "x" * 81}, "Use 80 characters at most.", id="long-title"),
        pytest.param({"behomes_url": "crm"}, "Enter a web address", id="no-address"),
        pytest.param({"behomes_url": "https://["}, "Enter a web address", id="bracket"),
        pytest.param({"data_api_url": "https://℀.com"}, "Enter a web address", id="odd-sign"),
        pytest.param(
            {"behomes_url": "https://crm.example.com"}, "may not call crm.example.com", id="host"
        ),
        pytest.param(
            {"data_api_url": "http://169.254.169.254/"}, "may not call 169.254", id="metadata"
        ),
        pytest.param({"sources": "everywhere"}, "“everywhere” is not an address", id="source"),
        pytest.param({"sources": "10.0.0.1\n" * 101}, "at most 100 addresses", id="many-sources"),
        pytest.param({"timezone": "Mars/Base"}, "Not a valid choice", id="zone"),
        pytest.param({"default_country": "XX"}, "Not a valid choice", id="country"),
    ],
)
def test_what_cannot_be_stored_is_422_with_the_reason(app, office, post, more, said):
    page, part = post(**more), post(htmx=True, **more)

    assert (page.status_code, part.status_code) == (422, 422)
    assert said in page.text
    assert said in part.text
    assert part.text.lstrip().startswith('<div id="wizard"')
    assert 'id="error-summary"' in page.text
    assert key_of(app, office) == "an-old-key-abcd"
    assert "closed" not in breaker(app)
    for secret in ("no-such-key-at-all", "key-of-another"):
        assert secret not in page.text


@pytest.mark.parametrize(
    ("fault", "said", "advice"),
    [
        pytest.param({"name": "reset_before"}, "No connection", "Check the address", id="reset"),
        pytest.param(
            {"name": "error_500_before"}, "broken at the moment", "some minutes", id="500"
        ),
        pytest.param(
            {"name": "rate_limited", "style": "seconds", "seconds": 7},
            "too many requests",
            "Try again in 7 seconds",
            id="limit",
        ),
        pytest.param({"name": "html_200"}, "unexpected answer", "something else", id="html"),
        pytest.param(
            {"name": "forbidden", "match": {"operation": "list_pipelines"}},
            "lacks rights: funnels",
            "Give these rights",
            id="rights",
        ),
    ],
)
def test_each_trouble_has_its_message_and_advice(office, post, crm, fault, said, advice):
    crm.control("POST", "/_sim/faults", fault)

    page = post(api_key=KEY)

    assert page.status_code == 422
    assert said in page.text
    assert "For calls nothing has changed" in page.text
    assert advice in page.text
    assert "Save without the test" not in page.text  # the account is known: nothing is risked


def test_typed_key_survives_a_trouble_of_the_way(app, office, post, crm):
    crm.control("POST", "/_sim/faults", {"name": "error_500_before"})
    failed = post(api_key=KEY)
    crm.control("DELETE", "/_sim/faults")
    sealed = held(failed, "api_key")

    again = post(api_key="", api_key_held=sealed)

    assert KEY not in sealed
    assert "typed, not stored yet" in failed.text
    assert again.status_code == 303
    assert key_of(app, office) == KEY


def test_held_key_of_another_place_counts_as_none(app, office, post):
    sealed = app.extensions["vault"].seal(f"{office.id + 1}.api_key\n{KEY}")

    for foreign in (sealed, "nonsense", app.extensions["vault"].seal(KEY)):
        post(api_key="", api_key_held=foreign)

    assert key_of(app, office) == "an-old-key-abcd"


def test_wrong_callgear_key_does_not_keep_the_behomes_key_back(app, office, post):
    answer = post(api_key=KEY, access_token="wrong-token-of-callgear")

    assert answer.status_code == 422
    assert "CallGear does not accept the key" in answer.text
    assert key_of(app, office) == KEY
    assert stored(app, office).access_token_sealed is None
    assert held(answer, "access_token") == held(answer, "api_key") == ""


def test_key_that_was_refused_does_not_hold_up_the_next_save(app, admin, office, post):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.behomes_key_sealed = app.extensions["vault"].seal(KEY)
        db.session.commit()
    refused = post(api_key="wrong-key-here")

    again = post(api_key="", api_key_held=held(refused, "api_key"), title="Marina office")

    assert again.status_code == 303
    assert stored(app, office).title == "Marina office"


def test_unverified_account_may_be_saved_without_the_test(app, admin, office, post):
    with app.app_context():
        account = db.session.get_one(Integration, office.id).crm_account
        account.account_id, account.breaker = None, "new"
        db.session.commit()

    refused = post(api_key=KEY, behomes_url=NOBODY)
    assert refused.status_code == 422
    assert "Save without the test" in refused.text
    answer = post(
        api_key="",
        api_key_held=held(refused, "api_key"),
        behomes_url=NOBODY,
        act="save_unchecked",
    )

    assert answer.status_code == 303
    assert key_of(app, office) == KEY
    assert "Not every connection works" in admin.get(page_of(office)).text
    assert "closed" not in breaker(app)


def test_hostile_words_of_the_other_side_stay_text(office, post, crm, admin):
    crm.control(
        "POST",
        "/_sim/seed",
        {"accounts": [{"key": "evil-key-12345", "account_id": "acc_1001", "name": "<b>Evil"}]},
    )

    post(api_key="evil-key-12345")

    assert "<b>Evil" not in admin.get(page_of(office)).text


# A new one


NEW = "/integrations/new"


def test_new_integration_is_made_and_the_set_up_goes_on(app, admin, office, post):
    assert "New integration" in admin.get("/integrations").text
    assert 'value="CallGear"' in admin.get(NEW).text

    answer = post(path=NEW, title="Second office", api_key=KEY)

    with app.app_context():
        made = db.session.scalars(
            db.select(Integration).where(Integration.title == "Second office")
        ).one()
        assert made.crm_account.breaker == "closed"
        rows = db.session.scalars(
            db.select(LoginIntegration.login_id).where(LoginIntegration.integration_id == made.id)
        ).all()
        assert len(rows) == 1  # a limited admin sees what he made
        assert db.session.scalars(
            db.select(WebhookToken.token_sealed).where(WebhookToken.integration_id == made.id)
        ).one()
    assert (answer.status_code, answer.location) == (303, f"/integrations/{made.id}/setup/auth")
    page = admin.get(answer.location)
    assert "/hooks/" in page.text
    assert "Waiting for the first one…" in page.text


def test_new_integration_by_htmx_loads_its_page_whole(post):
    answer = post(path=NEW, api_key=KEY, htmx=True)

    assert answer.status_code == 204
    assert re.fullmatch(r"/integrations/\d+/setup/auth", answer.headers["HX-Redirect"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"api_key": ""}, "Enter the API key.", id="no-key"),
        pytest.param({"api_key": "wrong-key-here"}, "does not accept the key", id="wrong"),
        pytest.param({"api_key": KEY, "title": ""}, "Enter a name.", id="no-title"),
        pytest.param(
            {"api_key": KEY, "behomes_url": "https://crm.example.com"}, "may not call", id="host"
        ),
    ],
)
def test_nothing_is_made_of_what_cannot_work(app, post, more, said):
    page, part = post(path=NEW, **more), post(path=NEW, htmx=True, **more)

    assert (page.status_code, part.status_code) == (422, 422)
    assert said in page.text
    assert part.text.lstrip().startswith("<section")
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Integration)) == 2


def test_new_integration_without_the_test_while_behomes_is_away(app, post):
    refused = post(path=NEW, api_key=KEY, behomes_url=NOBODY)
    assert "Save without the test" in refused.text

    answer = post(
        path=NEW,
        api_key_held=held(refused, "api_key"),
        behomes_url=NOBODY,
        act="save_unchecked",
        title="Later",
    )

    assert answer.status_code == 303
    with app.app_context():
        made = db.session.scalars(db.select(Integration).where(Integration.title == "Later")).one()
        assert app.extensions["vault"].open(made.behomes_key_sealed) == KEY
        assert made.crm_account.breaker == "new"


def test_making_is_for_admins(app, office, post):
    employee = signed_in(app, EMPLOYEE)

    assert employee.get(NEW).status_code == 403
    assert post(employee, path=NEW, api_key=KEY).status_code == 403
