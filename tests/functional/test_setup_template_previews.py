"""The preview of a template: on samples and on real calls, stored nowhere."""

from __future__ import annotations

import re

import pytest

from tests.functional.planted_templates import OWN, draft, plant_call, templates, texts
from tests.pages import HTMX
from tests.setup_pages import post

__all__ = ["templates"]


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


def test_address_of_the_preview_leads_back_to_the_editor(admin, templates):
    answer = admin.get(f"{templates}/lead/preview")

    assert answer.status_code == 303 and answer.location.endswith("/templates/lead")
    assert admin.get(f"{templates}/contact/preview").status_code == 404
