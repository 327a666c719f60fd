"""The steps `incoming` and `outgoing`: page and partial, saving, hidden groups, live sentences, the
copy of the rules, the check of the personal manager."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from models import CrmList, EmployeeRow, Integration, UserMapping, VirtualNumberRow, db
from tests.pages import ADMIN, HTMX, csrf_token, logged_in, make_app, plant_office
from tests.setup_pages import draft, post
from tests.simulated import behomes_simulator

PIPELINES = [
    {
        "id": "p_1",
        "name": "Sales <b>",
        "entity": "deal",
        "stages": [{"id": "s_1", "name": "New {{x}}", "kind": "open"}],
    }
]
INCOMING = {
    "incoming__first__create_client": "1",
    "incoming__first__create": "deal",
    "incoming__first__owner": "finished_by",
    "funnels": "p_1|s_1",
    "responsible__incoming_user_id": "u_17",
    "incoming__repeat__create": "nothing",
    "ignore__numbers": "050 123 4567",
    "shown": [
        "incoming__first__create_client",
        "incoming__personal_manager__enabled",
    ],
}
OUTGOING = {
    "outgoing__first__create_client": "1",
    "outgoing__first__create": "lead",
    "outgoing__first__owner": "caller",
    "outgoing__repeat__create": "nothing",
    "outgoing__click_to_call__caps__user_per_minute": "7",
    "shown": ["outgoing__first__create_client"],
}


def change(app, office, **columns):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        for name, value in columns.items():
            setattr(row, name, value)
        db.session.commit()


@pytest.fixture
def incoming(app, office) -> str:
    with app.app_context():
        db.session.add(
            CrmList(
                integration_id=office.id,
                kind="pipelines",
                rows=PIPELINES,
                fetched_at=datetime(2026, 3, 5, tzinfo=UTC),
            )
        )
        db.session.commit()
    return f"/integrations/{office.id}/setup/incoming"


@pytest.fixture
def outgoing(office) -> str:
    return f"/integrations/{office.id}/setup/outgoing"


def group(page, id):
    """The opening tag of a group of controls."""
    return re.search(rf'<fieldset\s+id="{id}".*?>', page, re.DOTALL).group(0)


def words(html):
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


@pytest.mark.parametrize("slug", ["incoming", "outgoing"])
def test_step_is_a_page_and_a_partial(admin, office, slug):
    path = f"/integrations/{office.id}/setup/{slug}"

    page, partial = admin.get(path).text, admin.get(path, headers=HTMX).text

    assert "<html" in page and "<html" not in partial
    assert 'id="step-form"' in partial and "Behomes has no client with that phone number" in partial


def test_rules_are_saved_into_the_draft(app, admin, office, incoming):
    answer = post(admin, incoming, INCOMING)

    assert answer.status_code == 303, answer.text[:3000]
    saved = draft(app, office)
    assert saved["incoming"]["first"] == {
        "create_client": True,
        "create": "deal",
        "owner": "finished_by",
    }
    assert saved["funnels"] == {"pipeline_id": "p_1", "stage_id": "s_1"}
    assert saved["responsible"]["incoming_user_id"] == "u_17"
    assert saved["ignore"] == {"numbers": ["+971501234567"]}


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("incoming__first__owner", "caller"),
        ("incoming__repeat__owner", "from_client_card"),
        ("incoming__first__create", "task"),
        ("responsible__incoming_user_id", "u_99"),
        ("ignore__numbers", "nobody"),
        ("funnels", "p_9|s_9"),
    ],
)
def test_what_is_not_offered_is_refused(app, admin, office, incoming, headers, field, value):
    answer = post(admin, incoming, {**INCOMING, field: value}, **headers)

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert draft(app, office) is None


def test_first_group_folds_to_one_line_and_keeps_its_values(app, admin, office, incoming):
    post(admin, incoming, INCOMING)
    off = {"shown": ["incoming__first__create_client"], "incoming__repeat__create": "nothing"}
    post(admin, incoming, off)

    page = admin.get(incoming).text

    assert "hidden disabled" in group(page, "first-rules")
    assert "No leads or deals will be created from first calls." in page
    assert draft(app, office)["incoming"]["first"] == {
        "create_client": False,
        "create": "deal",
        "owner": "finished_by",
    }


def test_owner_of_a_repeat_contact_is_hidden_while_nothing_is_created(admin, incoming):
    page = admin.get(incoming).text

    tags = re.findall(r'<fieldset[^>]*data-depends-on="incoming__repeat__create"[^>]*>', page)
    assert len(tags) == 3 and all("hidden disabled" in tag for tag in tags)


def test_owner_of_a_first_contact_stays_with_create_nothing(admin, office, incoming):
    post(admin, incoming, {**INCOMING, "incoming__first__create": "nothing", "funnels": ""})

    page = admin.get(incoming).text
    owner = page.index('id="incoming-first-owner"')

    assert "hidden" not in group(page, "first-rules")
    assert group(page, "first-funnel").rstrip(">").endswith("hidden disabled")
    assert "becomes responsible for the client" in page[owner:]


def test_person_and_funnel_are_asked_once(app, admin, office, incoming):
    both = {
        **INCOMING,
        "incoming__repeat__create": "deal",
        "incoming__repeat__owner": "answered_by",
    }
    post(admin, incoming, both)

    page = admin.get(incoming).text
    second = page.index('id="funnels-again"')
    tag = page.rindex("<fieldset", 0, second)

    assert "hidden disabled" in page[tag:second]
    assert page.count('name="responsible__incoming_user_id"') == 2


def test_text_of_the_crm_stays_text(admin, incoming):
    page = admin.get(incoming).text

    assert "Sales &lt;b&gt; → New {{x}}" in page


# The live sentences


def test_summary_follows_what_is_typed_and_stores_nothing(app, admin, office, incoming):
    told = words(post(admin, f"{incoming}/summary", INCOMING, **HTMX).text)

    assert "A new number calls → we create a client and a deal;" in told
    assert "responsible: whoever finished the call." in told
    assert "If nobody answered: Agent One (from the settings)." in told
    assert "New deals go to the funnel Sales &lt;b&gt;, stage New {{x}}." in told
    assert "1 number is ignored" in told
    assert draft(app, office) is None


def test_missed_calls_of_nobody_are_a_warning_with_its_place(admin, incoming):
    reply = post(
        admin, f"{incoming}/summary", {**INCOMING, "responsible__incoming_user_id": ""}, **HTMX
    ).text

    assert "Missed calls would be nobody&#39;s: name a responsible." in reply
    assert 'href="#responsible-incoming_user_id"' in reply
    assert 'class="summary-warn"' in reply


def test_feet_of_the_cards_are_sent_along(admin, incoming):
    reply = post(admin, f"{incoming}/summary", INCOMING, **HTMX).text

    foot = reply[reply.index('id="foot-incoming-first"') :]
    assert 'hx-swap-oob="true"' in foot
    assert "Not answered: we create a client and a deal; responsible: Agent One" in words(foot)


def test_unreadable_summary_keeps_to_what_is_saved(admin, incoming):
    reply = post(admin, f"{incoming}/summary", {**INCOMING, "incoming__first__create": "x"}, **HTMX)

    assert reply.status_code == 200 and "we create a client and a lead" in words(reply.text)


# Outgoing calls


def test_outgoing_first_block_has_no_caption_but_a_name_for_readers(admin, outgoing):
    page = admin.get(outgoing).text
    card = page[page.index("An employee called a new client") :]
    card = card[: card.index("An employee called a known client")]

    assert '<legend class="visually-hidden">First contacts</legend>' in card
    assert words(card).count("First contacts") == 1
    assert 'value="from_client_card"' not in card


def test_number_is_chosen_from_those_of_the_account(app, admin, office, outgoing):
    with app.app_context():
        db.session.add_all(
            VirtualNumberRow(integration_id=office.id, number=number, name="<i>", active=active)
            for number, active in (("97142000001", False), ("97142000002", True))
        )
        db.session.commit()

    page = admin.get(outgoing).text

    assert '<option value="+97142000002">+971 4 200 0002 · &lt;i&gt;</option>' in page
    assert '<option disabled value="+97142000001">' in page
    assert "the client then sees" in page and "+971 4 200 0002" in page


def test_without_numbers_the_field_is_free_and_says_why(app, admin, office, outgoing):
    change(app, office, pbx_error="cannot_connect: refused")
    page = admin.get(outgoing).text
    number = "outgoing__click_to_call__virtual_number"

    assert "CallGear did not tell its numbers" in page
    saved = post(admin, outgoing, {**OUTGOING, number: "04 200 0002"})
    assert saved.status_code == 303
    assert draft(app, office)["outgoing"]["click_to_call"]["virtual_number"] == "+97142000002"


@pytest.mark.parametrize("cap", ["0", "many", ""])
def test_bad_limit_is_refused_and_the_folded_part_opens(app, admin, office, outgoing, cap):
    name = "outgoing__click_to_call__caps__user_per_minute"
    answer = post(admin, outgoing, {**OUTGOING, name: cap})

    assert answer.status_code == 422
    assert re.search(
        r'<details class="disclosure" open>\s*<summary>.*?More', answer.text, re.DOTALL
    )
    assert draft(app, office) is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_copy_fills_what_can_be_compared_and_says_what_cannot(
    app, admin, office, incoming, outgoing, headers
):
    repeat = {"incoming__repeat__create": "lead", "incoming__repeat__owner": "finished_by"}
    post(admin, incoming, {**INCOMING, **repeat})
    before = draft(app, office)
    minutes = {"outgoing__click_to_call__caps__user_per_minute": "9"}

    page = post(admin, f"{outgoing}/copy", {**OUTGOING, **minutes}, **headers)

    assert page.status_code == 200
    assert "Copied from incoming calls, not saved yet" in page.text
    assert "Not copied: “Assign to employee” of new clients." in page.text
    checked = set(re.findall(r'id="([\w-]+)"\s+name="[^"]+"\s+value="[^"]+"\s+checked', page.text))
    assert checked >= {
        "outgoing-first-create-deal",
        "outgoing-first-owner-caller",
        "outgoing-repeat-create-lead",
        "outgoing-repeat-owner-finished_by",
    }
    assert 'value="9"' in page.text and draft(app, office) == before


def test_copy_of_a_switch_that_is_off_unticks_it(app, admin, office, incoming, outgoing):
    off = {"shown": ["incoming__first__create_client"], "incoming__first__owner": "from_settings"}
    post(admin, incoming, off)

    page = post(admin, f"{outgoing}/copy", OUTGOING).text

    assert "Everything that outgoing calls have too was copied." in page
    assert "hidden disabled" in group(page, "first-rules")


# The personal manager


@pytest.fixture(scope="module")
def crm():
    with behomes_simulator() as simulator:
        yield simulator


@pytest.fixture
def joined(tmp_path, crm):
    """An app whose office speaks with the simulated CRM; u_17 is joined and has a phone."""
    app = make_app(tmp_path, API_HOSTS=crm.url.removeprefix("http://"))
    with app.app_context():
        office = plant_office()
        row = db.session.get_one(Integration, office.id)
        row.behomes_base_url = crm.url
        row.behomes_key_sealed = app.extensions["vault"].seal(crm.key)
        employee = db.session.get_one(EmployeeRow, (office.id, "101"))
        employee.phones = ["971501234567", "118"]
        assert db.session.query(UserMapping).filter_by(crm_user_id="u_17").count()
        db.session.commit()
    yield app, logged_in(app, ADMIN), f"/integrations/{office.id}/setup/incoming"
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_check_names_the_manager_the_answer_and_the_time(joined, headers):
    _, client, path = joined

    answer = post(client, f"{path}/manager", {"phone": "+1 202 555 0143"}, **headers)

    assert answer.status_code == 200
    assert ("<html" in answer.text) is not bool(headers)
    assert "Client Sample: the manager is Agent One." in answer.text
    assert "+971 50 123 4567, 118" in answer.text
    assert re.search(r"\d+ ms", answer.text)


def test_check_uses_what_stands_on_the_page(joined):
    _, client, path = joined
    typed = {"incoming__personal_manager__not_found_code": "42", "phone": "+971500009999"}

    answer = post(client, f"{path}/manager", typed, **HTMX)

    assert "code 42: not found" in answer.text
    assert "a first contact has no manager yet" in answer.text


@pytest.mark.parametrize("phone", ["", "<script>", "12"])
def test_what_is_no_number_is_told(joined, phone):
    _, client, path = joined

    answer = post(client, f"{path}/manager", {"phone": phone}, **HTMX)

    assert answer.status_code == 200
    assert "This does not look like a phone number." in answer.text
    assert "<script>" not in answer.text


def test_check_says_when_the_crm_is_away(joined, crm):
    _, client, path = joined
    crm.control("POST", "/_sim/faults", {"name": "slow", "seconds": 3, "count": 1})

    answer = post(client, f"{path}/manager", {"phone": "+12025550143"}, **HTMX)
    crm.control("DELETE", "/_sim/faults")

    assert "Behomes did not answer within 0.7 seconds." in answer.text


def test_strangers_and_employees_check_nothing(admin, employee, office):
    strange = f"/integrations/{office.strange_id}/setup"

    assert post(admin, f"{strange}/incoming/manager", {"phone": "1"}).status_code == 404
    assert post(admin, f"{strange}/outgoing/copy", {}).status_code == 404
    own = f"/integrations/{office.id}/setup"
    token = csrf_token(employee, f"/integrations/{office.id}/calls")
    for path in (f"{own}/incoming/manager", f"{own}/outgoing/copy"):
        assert employee.post(path, data={"csrf_token": token}).status_code == 403
