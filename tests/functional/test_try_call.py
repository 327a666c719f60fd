from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from models import Integration, SettingsVersion, db
from tests.pages import HTMX, csrf_token, logged_in, make_app, plant_office
from tests.simulated import behomes_simulator, callgear_simulator

TRY = "/integrations/{}/try"
DRAFT = {"incoming": {"first": {"create": "lead_and_deal", "owner": "finished_by"}}}


def publish(app, office, document):
    with app.app_context():
        row = db.session.scalar(select(SettingsVersion).filter_by(integration_id=office.id))
        row.document = document
        db.session.commit()


def draft(app, office, document):
    with app.app_context():
        db.session.get_one(Integration, office.id).draft = document
        db.session.commit()


def counts(app):
    with app.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table))
            for table in db.metadata.sorted_tables
        }


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_new_client_is_told_line_by_line(admin, office, headers):
    page = admin.get(TRY.format(office.id), headers=headers).text

    assert "Behomes has no client with this number. A first contact." in page
    assert "Rule for this call: first contact, create a lead." in page
    assert "Responsible: Agent One, who answered the call." in page
    assert "Звонок с +971501234567" in page  # the title, in the integration's language
    assert ("<html" in page) is (headers == {})


def test_partial_is_the_result_alone(admin, office):
    answer = admin.get(TRY.format(office.id), headers=HTMX)

    assert answer.text.lstrip().startswith('<section id="try-result"')
    assert "HX-Request" in answer.vary


def test_each_line_leads_to_its_setting(admin, office):
    page = admin.get(TRY.format(office.id)).text

    setup = f"/integrations/{office.id}/setup"
    for place in (
        "incoming#incoming-first-create",
        "incoming#incoming-first-owner",
        "templates#templates-lead-title",
    ):
        assert f'href="{setup}/{place}"' in page


def test_field_leads_to_its_row_on_the_page_of_its_entity(app, admin, office):
    rows = [
        {"id": "f1", "entity": "client", "target": "talk", "value": "{{talk_duration}}"},
        {"id": "f2", "entity": "lead", "target": "way", "value": "{{direction}}"},
    ]
    publish(app, office, {"fields": rows})

    page = admin.get(TRY.format(office.id)).text

    assert f'href="/integrations/{office.id}/setup/fields/lead#fields-1-target"' in page


def test_presets_are_addresses_that_keep_what_is_shown(admin, office):
    page = admin.get(TRY.format(office.id)).text

    presets = re.findall(r'class="chip" href="([^"]+)"', page)
    lost = next(each for each in presets if "missed" in each and "outbound" not in each)
    assert len(presets) == 4
    assert "Nobody answered, so there is no employee" in admin.get(lost.replace("&amp;", "&")).text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        pytest.param("who=hidden", "The number is hidden or too short", id="hidden"),
        pytest.param("who=known", "A repeat contact.", id="known"),
        pytest.param("who=known&open_deal=1", "Deal", id="open deal in the pop-up"),
        pytest.param("direction=outbound&outcome=missed", "Unsuccessful", id="failed"),
        pytest.param("outcome=transferred", "Agent One, Agent Two", id="both talkers"),
        pytest.param("who=typed&number=%2B44 20 7946 0000", "+44 20 7946 0000", id="typed"),
        pytest.param("answered_by=", "there is no employee to be responsible", id="nobody named"),
        pytest.param("talk=0", "0:00", id="no talk at all"),
        pytest.param(
            "who=typed&number=%2B44 20 7946 0000&source=%3Cscript%3E",
            "&lt;script&gt;",
            id="hostile",
        ),
    ],
)
def test_every_choice_counts(admin, office, query, told):
    answer = admin.get(f"{TRY.format(office.id)}?{query}")

    assert answer.status_code == 200
    assert told in answer.text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
@pytest.mark.parametrize(
    "query",
    ["direction=sideways", "who=typed&number=12", "talk=99999", "answered_by=999", "talk=x"],
)
def test_wrong_choice_is_422_and_names_the_field(admin, office, query, headers):
    answer = admin.get(f"{TRY.format(office.id)}?{query}", headers=headers)

    assert answer.status_code == 422
    assert "This call cannot be tried yet" in answer.text


def test_draft_and_settings_in_use_stand_side_by_side(app, admin, office):
    draft(app, office, DRAFT)

    by_draft = admin.get(TRY.format(office.id)).text
    by_published = admin.get(f"{TRY.format(office.id)}?by=published").text

    assert "By the draft" in by_draft and "By the settings in use" in by_draft
    assert re.search(r"\d differences? from the settings in use", by_draft)
    assert "not by the settings in use" in by_draft  # the deal
    assert "only by the draft" in by_published


def test_settings_that_differ_elsewhere_make_no_difference_here(app, admin, office):
    draft(app, office, {"outgoing": {"first": {"create": "deal"}}})

    assert "The same by the settings in use." in admin.get(TRY.format(office.id)).text


def test_broken_draft_is_tried_and_its_problems_lead_to_their_fields(app, admin, office):
    draft(app, office, {"templates": {"lead": {"title": "{{nobody}}"}}})

    page = admin.get(TRY.format(office.id)).text

    assert "Unknown variable “nobody” at position 3" in page
    assert f'/integrations/{office.id}/setup/templates#templates-lead-title"' in page
    assert "Звонок с +971501234567" in page


def test_trying_writes_nothing(app, admin, office):
    before = counts(app)

    admin.get(f"{TRY.format(office.id)}?outcome=missed")

    assert counts(app) == before


def test_silent_crm_is_told_and_the_number_counts_as_new(app, admin, office):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.behomes_key_sealed = app.extensions["ports"].vault.seal("key")
        db.session.commit()

    page = admin.get(f"{TRY.format(office.id)}?who=typed&number=971501234599&lookup=1").text

    assert "Behomes did not answer" in page
    assert "A first contact." in page


def test_addresses_take_over_nothing_foreign(app, admin, office):
    draft(app, office, DRAFT)

    page = admin.get(f"{TRY.format(office.id)}?_scheme=javascript&_external=1&id=7&who=new").text

    assert "javascript:" not in page
    tab = re.search(r'href="([^"]*by=published[^"]*)"', page).group(1).replace("&amp;", "&")
    assert parse_qs(urlsplit(tab).query) == {"who": ["new"], "by": ["published"]}


def test_strange_office_is_not_there(admin, office):
    assert admin.get(TRY.format(office.strange_id)).status_code == 404


def test_employee_may_not_try(employee, office):
    assert employee.get(TRY.format(office.id)).status_code == 403
    assert employee.get(f"{TRY.format(office.id)}/call/1").status_code == 403


def test_office_without_employees_and_numbers_is_tried_all_the_same(app, admin, office):
    with app.app_context():
        for table in ("user_mapping", "employee", "crm_user"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        db.session.commit()

    answer = admin.get(TRY.format(office.id))

    assert answer.status_code == 200
    assert "Nobody is left to be responsible" in answer.text


# For real, in the demo


@pytest.fixture(scope="module")
def simulators():
    with behomes_simulator() as crm, callgear_simulator() as pbx:
        yield crm, pbx


@pytest.fixture
def demo(tmp_path, simulators):
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


@pytest.mark.parametrize(
    ("chosen", "recipe"),
    [
        ({"who": "new"}, "inbound_answered"),
        ({"who": "known", "outcome": "missed"}, "inbound_lost"),
        ({"who": "hidden", "outcome": "transferred"}, "inbound_transfer"),
        ({"direction": "outbound", "outcome": "missed"}, "outbound_silent"),
    ],
)
def test_call_is_really_made_and_waited_for(demo, simulators, chosen, recipe):
    _crm, pbx = simulators
    pbx.control("POST", "/_sim/reset", {})
    path = TRY.format(1)

    answer = demo.post(f"{path}/call", data={**chosen, "csrf_token": csrf_token(demo, path)})

    (call,) = pbx.control("GET", "/_sim/calls")["calls"]
    assert call["recipe"] == recipe
    assert answer.status_code == 303
    assert answer.location == f"{path}/call/{call['call_session_id']}"
    assert "The call has started" in demo.get(answer.location).text
    assert demo.get(answer.location, headers=HTMX).status_code == 200


def test_known_call_leads_on_to_its_page(admin, office):
    path = f"{TRY.format(office.id)}/call/700000100"

    page, partial = admin.get(path), admin.get(path, headers=HTMX)

    assert page.location == f"/integrations/{office.id}/calls/700000100"
    assert partial.headers["HX-Redirect"] == page.location


def test_wrong_order_goes_back_to_the_form(demo):
    path = TRY.format(1)

    answer = demo.post(
        f"{path}/call", data={"direction": "moon", "csrf_token": csrf_token(demo, path)}
    )

    assert (answer.status_code, answer.location) == (303, f"{path}?direction=moon")


def test_silent_simulator_is_told_of(admin, office):
    path = TRY.format(office.id)

    answer = admin.post(f"{path}/call", data={"csrf_token": csrf_token(admin, path)})

    assert answer.location == path
    assert "The simulated CallGear does not answer." in admin.get(path).text


def test_outside_the_demo_no_call_is_made(tmp_path):
    app = make_app(tmp_path, DEMO="0")
    with app.app_context():
        path = TRY.format(plant_office().id)
    admin = logged_in(app, "admin@example.com")

    assert "Do it for real" not in admin.get(path).text
    answer = admin.post(f"{path}/call", data={"csrf_token": csrf_token(admin, path)})

    assert answer.location == path
