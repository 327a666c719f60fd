"""The step `templates`: cards, the editor, its live preview, and the way back to the standard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import CallSession, CrmList, Integration, Notification, SettingsVersion, db
from tests.pages import HTMX, NOON, csrf_token

ENTITIES = ("client", "lead", "deal", "task")
OWN = {
    "kind": "own",
    "title": "Lead {{contact_phone_number|phone}}",
    "comment": "",
    "sample": "new",
}


@pytest.fixture
def templates(office) -> str:
    return f"/integrations/{office.id}/setup/templates"


def post(client, path, data, page=None, **headers):
    token = csrf_token(client, page or re.sub("/(preview|restore)$", "", path))
    return client.post(path, data={"csrf_token": token, **data}, headers=headers)


def seen(client, path) -> str:
    return re.search(r'name="seen" value="([0-9a-f]+)"', client.get(path).text).group(1)


def draft(app, office) -> dict | None:
    with app.app_context():
        stored = db.session.get_one(Integration, office.id).draft
    return stored and stored["templates"]


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def plant_call(app, office, *, name="Client <i>Real</i>", call_id="800000001", **more) -> str:
    """A real call with its notification, as the inbox stores it."""
    with app.app_context():
        call = CallSession(
            integration_id=more.pop("integration_id", office.id),
            call_session_id=call_id,
            first_seen_at=NOON + timedelta(days=1),
            updated_at=NOON,
            started_at=NOON + timedelta(days=1),
            direction=more.pop("direction", "inbound"),
            outcome="answered",
            client_phone="+971501230000",
            state="written",
            facts={},
            created={},
        )
        db.session.add(call)
        db.session.flush()
        members = {
            "call_session_id": call_id,
            "contact_phone_number": "971501230000",
            "contact_full_name": name,
            "notification_time": "2026-03-06 12:00:00.000",
        }
        db.session.add(
            Notification(
                integration_id=call.integration_id,
                event_key=f"real-{call_id}",
                kind="incoming_call",
                call_session_id=call_id,
                session_row_id=call.id,
                state="taken",
                received_at=NOON,
                members=members,
            )
        )
        db.session.commit()
    return call_id


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_four_cards_show_what_a_sample_call_becomes(admin, templates, headers):
    page = admin.get(templates, headers=headers)

    assert page.status_code == 200 and "HX-Request" in page.headers["Vary"]
    assert page.text.count('class="card template-card"') == 4
    assert page.text.count("Standard</span>") == 4
    assert "+971501234567" in page.text and "<b class=" in page.text


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_editor_is_a_page_and_a_partial(admin, templates, entity, headers):
    page = admin.get(f"{templates}/{entity}", headers=headers)

    assert page.status_code == 200
    assert ("<html" in page.text) is not bool(headers)
    assert 'id="step-form"' in page.text and "What Behomes gets" in page.text


def test_chips_and_table_list_every_variable_with_its_label(admin, templates):
    page = admin.get(f"{templates}/lead").text

    assert 'aria-label="Insert the variable Client phone"' in page
    assert 'data-insert="{{contact_phone_number}}"' in page
    assert page.count("data-insert=") == page.count("<td><code>{{") > 50


def test_own_template_is_saved_and_marked(app, admin, office, templates):
    answer = post(admin, f"{templates}/lead", OWN)

    assert answer.status_code == 303 and answer.location.endswith("/setup/templates")
    assert draft(app, office)["lead"] == {
        "title": "Lead {{contact_phone_number|phone}}",
        "comment": None,
    }
    page = admin.get(templates).text
    assert page.count("Custom</span>") == 1 and "Changed:" in page
    assert "Saved to the draft. Calls run by version 3." in page


def test_own_begins_with_the_standard_text(app, admin, office, templates):
    page = admin.get(f"{templates}/client").text
    assert re.search(
        r"<textarea[^>]*>\s*Звонок \{\{contact_phone_number\|phone\}\}</textarea>", page
    )

    post(admin, f"{templates}/client", {"kind": "own"})  # without the script: nothing typed yet

    assert draft(app, office)["client"]["name"] == "Звонок {{contact_phone_number|phone}}"


def test_standard_follows_the_language_of_the_integration(app, admin, office, templates):
    with app.app_context():
        db.session.get_one(Integration, office.id).locale = "en"
        db.session.commit()

    page = admin.get(f"{templates}/lead").text

    assert "Call from {{contact_phone_number|phone}}" in page
    assert "In the language of the integration: English." in page


def test_empty_title_takes_the_standard_text(app, admin, office, templates):
    post(admin, f"{templates}/lead", {**OWN, "title": "", "comment": "From {{utm_source}}"})

    assert draft(app, office)["lead"] == {"title": None, "comment": "From {{utm_source}}"}
    page = admin.get(f"{templates}/lead").text
    assert "Звонок с" in texts(page)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"title": "Hi {{contact_fone}}"},
            "“contact_fone” at position 6, perhaps “contact_phone_number”",
        ),
        ({"title": "{{utm_source|uper}}"}, "Unknown filter “uper” at position 14, perhaps “upper”"),
        ({"comment": "{{"}, "opened at position 1 are not closed"),
        ({"title": "x" * 4001}, "Too long: 4000 at most"),
        ({"title": "a\x00b"}, "a character that is not allowed"),
        ({"title": " ", "comment": ""}, "Write a text, or choose the standard template."),
        ({"kind": "both"}, "Not a valid choice"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_wrong_text_is_refused_and_kept_on_the_page(
    app, admin, office, templates, data, message, headers
):
    answer = post(admin, f"{templates}/lead", OWN | data, **headers)

    assert answer.status_code == 422
    assert message in answer.text and "There is a problem" in answer.text
    assert draft(app, office) is None


def test_all_errors_are_told_at_once(admin, templates):
    answer = post(admin, f"{templates}/lead", OWN | {"title": "{{a1}} {{b2}}", "comment": "{{"})

    for word in ("“a1”", "“b2”", "are not closed"):
        assert word in answer.text
    assert answer.text.count('aria-invalid="true"') == 2


def test_error_of_another_entity_does_not_stand_in_the_way(app, admin, office, templates):
    with app.app_context():
        db.session.get_one(Integration, office.id).draft = {
            "templates": {"deal": {"title": "{{nothing}}"}}
        }
        db.session.commit()

    assert post(admin, f"{templates}/lead", OWN).status_code == 303
    assert "the template has an error" in admin.get(templates).text


def test_preview_renders_what_is_typed_and_stores_nothing(app, admin, office, templates):
    typed = OWN | {"title": "A {{contact_phone_number|phone}} {{contact_full_name}} <b>x</b>"}

    answer = post(admin, f"{templates}/lead/preview", typed, **HTMX)

    assert answer.status_code == 200 and "<html" not in answer.text
    assert 'hx-swap-oob="innerHTML:#preview-title"' in answer.text
    assert '<b class="piece-value">+971501234567</b>' in answer.text
    assert "empty: Contact name (address book)" in answer.text
    assert "&lt;b&gt;x&lt;/b&gt;" in answer.text and "<b>x" not in answer.text
    assert "of 255 characters" in answer.text
    assert draft(app, office) is None


def test_preview_without_the_script_is_the_whole_page_with_what_was_typed(
    app, admin, office, templates
):
    answer = post(admin, f"{templates}/lead/preview", OWN | {"title": "Mine {{call_time}}"})

    assert answer.status_code == 200 and "<html" in answer.text
    assert "Mine {{call_time}}</textarea>" in answer.text and "Mine 14:40" in texts(answer.text)
    assert draft(app, office) is None


def test_preview_tells_what_is_wrong_and_where(admin, templates):
    answer = post(admin, f"{templates}/lead/preview", OWN | {"title": "{{contact_fone}}"}, **HTMX)

    assert "perhaps “contact_phone_number”" in answer.text
    assert "Correct the text" in answer.text


def test_preview_warns_of_a_text_that_is_too_long_for_the_crm(admin, templates):
    answer = post(admin, f"{templates}/lead/preview", OWN | {"title": "x" * 256}, **HTMX)

    assert "256 of 255 characters" in answer.text and "may cut it short" in answer.text


def test_preview_tells_what_is_known_only_later_and_when_the_standard_is_sent(admin, templates):
    typed = OWN | {"title": "{{contact_full_name}}", "comment": "{{talk_duration|duration}}"}

    answer = texts(post(admin, f"{templates}/lead/preview", typed, **HTMX).text)

    assert "so the standard text is sent" in answer and "Звонок с" in answer
    assert "Known only after the call; until then empty: Talk duration, s." in answer


@pytest.mark.parametrize(
    ("sample", "shown"), [("new", "answered"), ("lost", "lost"), ("outgoing", "outbound")]
)
def test_preview_follows_the_chosen_sample(admin, templates, sample, shown):
    typed = OWN | {"title": "{{direction}} {{call_status}}", "sample": sample}

    assert shown in texts(post(admin, f"{templates}/lead/preview", typed, **HTMX).text)


def test_preview_on_a_real_call_uses_its_facts_as_text(app, admin, office, templates):
    call_id = plant_call(app, office, name="<i>Real</i> {{call_time}}")
    typed = OWN | {"title": "{{contact_full_name}} / {{call_date}}", "sample": call_id}

    answer = post(admin, f"{templates}/lead/preview", typed, **HTMX)

    assert "&lt;i&gt;Real&lt;/i&gt; {{call_time}}" in answer.text
    assert "06.03.2026" in answer.text


def test_last_ten_calls_can_be_chosen_with_masked_numbers(app, admin, office, templates):
    for number in range(12):
        plant_call(app, office, call_id=f"80000{number:04}")
    plant_call(app, office, call_id="internal-1", direction="internal")

    page = admin.get(f"{templates}/lead").text

    assert len(re.findall(r'<option value="80000', page)) == 10
    assert "internal-1" not in page
    assert "•••• 0000" in page and "971501230000" not in page


@pytest.mark.parametrize("chosen", ["nobody", "", "9" * 400])
def test_unknown_example_becomes_the_first_sample(admin, templates, chosen):
    answer = post(admin, f"{templates}/lead/preview", OWN | {"sample": chosen}, **HTMX)

    assert answer.status_code == 200 and "+971501234567" in answer.text


def test_strangers_call_is_no_example(app, admin, office, templates):
    call_id = plant_call(app, office, name="Stranger", integration_id=office.strange_id)

    typed = OWN | {"title": "{{contact_full_name}}", "sample": call_id}
    answer = post(admin, f"{templates}/lead/preview", typed, **HTMX)

    assert "Stranger" not in answer.text


def test_standard_is_restored_only_after_showing_the_difference(app, admin, office, templates):
    post(admin, f"{templates}/lead", OWN)

    page = admin.get(f"{templates}/lead/restore").text
    assert "Restore the standard template?" in page
    assert "<del" in page and "Lead {{contact_phone_number|phone}}" in page
    assert "<ins" in page and "Звонок с {{contact_phone_number|phone}}" in page
    assert draft(app, office)["lead"] is not None

    answer = post(admin, f"{templates}/lead/restore", {"seen": seen(admin, f"{templates}/lead")})
    assert answer.status_code == 303
    assert draft(app, office) is None  # that is what is published


def test_standard_has_nothing_to_restore(admin, templates):
    answer = admin.get(f"{templates}/lead/restore")

    assert answer.status_code == 303 and answer.location.endswith("/templates/lead")
    assert "Restore standard" not in admin.get(f"{templates}/lead").text


def test_choosing_standard_and_saving_drops_the_own_text(app, admin, office, templates):
    post(admin, f"{templates}/lead", OWN)

    post(admin, f"{templates}/lead", {"kind": "standard"})

    assert draft(app, office) is None


@pytest.mark.parametrize("way", ["", "/restore"])
def test_second_admin_sees_both_versions(app, admin, office, templates, way):
    post(admin, f"{templates}/lead", OWN)
    before = seen(admin, f"{templates}/lead")
    post(admin, f"{templates}/lead", OWN | {"title": "Theirs"})

    stale = post(admin, f"{templates}/lead{way}", OWN | {"title": "Mine", "seen": before})

    assert stale.status_code == 409
    assert f'action="{templates}/lead{way}"' in stale.text
    assert draft(app, office)["lead"]["title"] == "Theirs"
    again = re.search(r'name="seen" value="([0-9a-f]+)"', stale.text).group(1)
    kept = post(admin, f"{templates}/lead{way}", OWN | {"title": "Mine", "seen": again})
    assert kept.status_code == 303


def test_two_admins_on_two_entities_do_not_meet(admin, templates):
    before = seen(admin, f"{templates}/lead")
    post(admin, f"{templates}/deal", OWN | {"title": "Deal"})

    assert post(admin, f"{templates}/lead", OWN | {"seen": before}).status_code == 303


def test_published_template_shows_since_when_it_is_so(app, admin, office, templates):
    own = {"lead": {"title": "x", "comment": None}}
    with app.app_context():
        for number, document in ((4, {"templates": own}), (5, {"templates": own})):
            db.session.add(
                SettingsVersion(
                    integration_id=office.id,
                    number=number,
                    document=document,
                    published_at=NOON + timedelta(days=number),
                )
            )
        db.session.get_one(Integration, office.id).published_version = 5
        db.session.commit()

    assert (
        "Changed: Mar 9" in admin.get(templates).text
        or "Changed: 9 Mar" in admin.get(templates).text
    )


def test_field_that_the_crm_requires_is_told(app, admin, office, templates):
    row = {"key": "budget", "title": "<b>Budget</b>", "entity": "lead", "type": "money"}
    with app.app_context():
        db.session.add(
            CrmList(
                integration_id=office.id,
                kind="fields:lead",
                rows=[row | {"required": True, "options": []}],
                fetched_at=NOON,
            )
        )
        db.session.commit()

    page = admin.get(f"{templates}/lead").text

    assert "Behomes requires fields that nothing fills" in page
    assert "&lt;b&gt;Budget&lt;/b&gt;" in page
    assert "Behomes requires" not in admin.get(f"{templates}/deal").text


def test_address_of_the_preview_leads_back_to_the_editor(admin, templates):
    answer = admin.get(f"{templates}/lead/preview")

    assert answer.status_code == 303 and answer.location.endswith("/templates/lead")
    assert admin.get(f"{templates}/contact/preview").status_code == 404


@pytest.mark.parametrize("path", ["/contact", "/lead/nothing", "/CLIENT", "/client%00"])
def test_unknown_entity_is_not_found(admin, templates, path):
    assert admin.get(f"{templates}{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "/lead", "/lead/restore"])
def test_only_admins_of_the_integration_see_it(admin, employee, office, templates, path):
    strange = templates.replace(str(office.id), str(office.strange_id))

    assert employee.get(f"{templates}{path}").status_code == 403
    assert admin.get(f"{strange}{path}").status_code == 404


@pytest.mark.parametrize("path", ["/lead", "/lead/preview", "/lead/restore"])
def test_strangers_and_employees_cannot_post(admin, employee, office, templates, path):
    page = f"/integrations/{office.id}/calls"
    strange = templates.replace(str(office.id), str(office.strange_id))

    assert post(employee, f"{templates}{path}", OWN, page).status_code == 403
    assert post(admin, f"{strange}{path}", OWN, page).status_code == 404
    assert admin.post(f"{templates}{path}", data=OWN).status_code == 400  # no CSRF token
