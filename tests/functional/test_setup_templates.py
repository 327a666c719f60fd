"""The step `templates`: cards, the editor, its live preview, and the way back to the standard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import CrmList, Integration, SettingsVersion, db
from tests.functional.planted_templates import ENTITIES, OWN, draft, templates, texts
from tests.pages import HTMX, NOON
from tests.setup_pages import post, seen

__all__ = ["templates"]


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
    strange = templates.replace(str(office.id), str(office.strange_id))

    assert post(employee, f"{templates}{path}", OWN).status_code == 403
    assert post(admin, f"{strange}{path}", OWN).status_code == 404
    assert admin.post(f"{templates}{path}", data=OWN).status_code == 400  # no CSRF token
