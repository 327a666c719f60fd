"""The step `fields`: rows per entity, put up with and without the script, saved all at once."""

from __future__ import annotations

import re

import pytest

from models import Integration, db
from tests.functional.planted_fields import STORED, draft, fields, row_ids, stored, typed
from tests.pages import HTMX
from tests.setup_pages import post, seen

__all__ = ["fields", "stored"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_rows_of_one_entity_are_shown(admin, stored, headers):
    page = admin.get(f"{stored}/lead", headers=headers)

    assert page.status_code == 200
    assert ("<html" in page.text) is not bool(headers)
    assert row_ids(page.text) == ["f1", "f3"]
    assert re.search(r'<option value="utm_source"\s+selected', page.text)
    assert 'value="Call {{call_date}}"' in page.text  # an own text
    assert "Call source · line of text" in page.text
    assert re.search(r'aria-current="page">Lead', page.text)


def test_step_opens_where_something_is_wrong_or_where_there_are_rows(app, admin, office, stored):
    assert re.search(r'aria-current="page">Lead', admin.get(stored).text)

    with app.app_context():
        db.session.get_one(Integration, office.id).draft = {"fields": STORED[1:2]}
        db.session.commit()
    assert re.search(r'aria-current="page">Deal', admin.get(stored).text)


def test_field_that_is_gone_stays_marked_with_a_warning(admin, stored):
    page = admin.get(f"{stored}/lead").text

    assert "gone (deleted in Behomes)" in page
    assert "Behomes no longer has this field" in page
    rows = typed(("f1", "utm_source", "source"), ("f3", "own", "gone", "Call {{call_date}}"))
    assert post(admin, f"{stored}/lead", rows).status_code == 303


def test_without_rows_an_example_stands_there(admin, fields):
    page = admin.get(fields).text

    assert re.search(r'aria-current="page">Client', page)
    assert "For example:" in page and "Add the first field" in page
    assert row_ids(page) == []


def test_rows_are_saved_in_place_of_the_entitys_own(app, admin, office, stored):
    data = typed(
        ("f1", "campaign_name", "source", True),
        ("f-new", "own", "evil", "Was {{utm_source|upper}}"),
    )

    answer = post(admin, f"{stored}/lead", data)

    assert answer.status_code == 303 and answer.location.endswith("/fields/lead")
    assert draft(app, office) == [
        ("lead", "source", "{{campaign_name}}", True),
        ("lead", "evil", "Was {{utm_source|upper}}", False),
        ("deal", "talk", "{{talk_duration}}", False),
    ]
    assert "Saved to the draft" in admin.get(f"{stored}/lead").text


def test_last_row_can_go(app, admin, office, stored):
    post(admin, f"{stored}/lead", {})

    assert draft(app, office) == [("deal", "talk", "{{talk_duration}}", False)]


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        ([("a", "", "")], ["Row 1: Fill in this field.", "Row 1: Fill in this field."]),
        ([("a", "own", "source", "")], ["Row 1: Fill in this field."]),
        (
            [("a", "own", "source", "x {{utm_sorce}}")],
            ["Row 1: Unknown variable “utm_sorce” at position 5, perhaps “utm_source”."],
        ),
        (
            [("a", "utm_source", "talk"), ("b", "call_date", "source"), ("c", "channel", "talk")],
            [
                "Row 1: Several rows fill the field “Talk duration”: 1, 3.",
                "Row 3: Several rows fill the field “Talk duration”: 1, 3.",
            ],
        ),
        (
            [("a", "nothing_known", ""), ("b", "own", "source", "{{")],
            ["“nothing_known” at position 3", "Row 1: Fill in", "Row 2: The brackets"],
        ),
        ([("a", "own", "source", "x" * 4001)], ["Row 1: Too long: 4000 at most."]),
        ([("a", "own", "source", "a\x00")], ["Row 1: The text has a character"]),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_all_that_is_wrong_is_told_at_once_and_nothing_is_stored(
    app, admin, office, stored, rows, messages, headers
):
    before = draft(app, office)

    answer = post(admin, f"{stored}/deal", typed(*rows), **headers)

    assert answer.status_code == 422
    summary = answer.text[answer.text.index('id="error-summary"') :]
    summary = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", summary[: summary.index("</ul>")]))
    for message in set(messages):
        assert summary.count(message) == messages.count(message), (message, summary)
    for anchor in re.findall(r'<a href="#(fields-[^"]+)"', answer.text):
        assert f'id="{anchor}"' in answer.text
    assert row_ids(answer.text) == [row[0] for row in rows]
    assert draft(app, office) == before


def test_too_many_rows_are_refused(app, admin, office, stored):
    rows = typed(*[(f"r{number}", "utm_source", f"t{number}") for number in range(501)])

    answer = post(admin, f"{stored}/lead", rows)

    assert answer.status_code == 422 and "Too long: 500 at most" in answer.text


def test_summary_tells_the_rows_on_the_page(admin, stored):
    data = typed(("f1", "utm_source", "source"), ("x", "talk_duration", "talk"), entity="lead")

    answer = post(admin, f"{stored}/summary", data, **HTMX)

    assert "2 fields are filled: “Call source”, “Talk duration”." in answer.text
    assert "Known only after the call" in answer.text
    empty = post(admin, f"{stored}/summary", {"entity": "client"}, **HTMX)
    assert "1 field is filled: “Talk duration”." in empty.text


def test_second_admin_sees_both_versions_and_others_rows_survive(app, admin, office, stored):
    before = seen(admin, f"{stored}/lead")
    post(admin, f"{stored}/deal", typed(("f2", "wait_duration", "talk")))

    mine = typed(("f1", "channel", "source"), seen=before)
    stale = post(admin, f"{stored}/lead", mine)

    assert stale.status_code == 409 and f'action="{stored}/lead"' in stale.text
    again = re.search(r'name="seen" value="([0-9a-f]+)"', stale.text).group(1)
    kept = post(admin, f"{stored}/lead", mine | {"seen": again})
    assert kept.status_code == 303
    assert draft(app, office) == [
        ("lead", "source", "{{channel}}", False),
        ("deal", "talk", "{{wait_duration}}", False),
    ]


def test_hostile_titles_stay_text(admin, stored):
    page = post(admin, f"{stored}/lead/rows", typed(("a", "utm_source", "evil"), do="add")).text

    assert "&lt;b&gt;{{utm_source}}\u202e&lt;/b&gt;" in page
    assert "<b>{{" not in page and "google\u202e" not in page


def test_what_crm_calls_a_title_cannot_break_the_summary(app, admin, office, stored):
    post(admin, f"{stored}/lead", typed(("a", "utm_source", "evil")))

    page = admin.get(f"{stored}/lead").text

    assert "%(" not in page and "is filled: “&lt;b&gt;{{utm_source}}" in page


def test_without_a_list_the_key_is_typed_and_checked_at_the_crm(app, admin, office):
    path = f"/integrations/{office.id}/setup/fields/lead"
    with app.app_context():
        integration = db.session.get_one(Integration, office.id)
        integration.behomes_key_sealed = app.extensions["vault"].seal("key")
        db.session.commit()

    page = post(admin, f"{path}/rows", typed(("a", "utm_source", "x <b>"), do="check:a")).text

    assert re.search(r'<input type="text"\s+id="fields-0-target"', page)
    assert 'value="x &lt;b&gt;"' in page
    assert "Behomes does not answer now: try again later." in page
    assert "Suggest matches" not in page


def test_list_can_be_asked_for_again(app, admin, office, stored):
    answer = post(admin, f"{stored}/lead/rows", typed(("a", "utm_source", "source"), do="refresh"))

    assert "being read again" in answer.text and row_ids(answer.text) == ["a"]


def test_address_of_a_press_leads_back_to_the_rows(admin, stored):
    answer = admin.get(f"{stored}/lead/rows")

    assert answer.status_code == 303 and answer.location.endswith("/fields/lead")


@pytest.mark.parametrize("entity", ["task", "contact", "LEAD", "lead%00"])
def test_unknown_entity_is_not_found(admin, fields, entity):
    assert admin.get(f"{fields}/{entity}").status_code == 404
    assert post(admin, f"{fields}/summary", {"entity": entity}).status_code == 404


@pytest.mark.parametrize("path", ["", "/lead"])
def test_only_admins_of_the_integration_see_it(admin, employee, office, fields, path):
    strange = fields.replace(str(office.id), str(office.strange_id))

    assert employee.get(f"{fields}{path}").status_code == 403
    assert admin.get(f"{strange}{path}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/lead", "/lead/rows", "/lead/rows/new", "/lead/notes", "/summary"]
)
def test_strangers_and_employees_cannot_post(admin, employee, office, fields, path):
    strange = fields.replace(str(office.id), str(office.strange_id))
    data = {"entity": "lead"}

    assert post(employee, f"{fields}{path}", data).status_code == 403
    assert post(admin, f"{strange}{path}", data).status_code == 404
    assert admin.post(f"{fields}{path}", data=data).status_code == 400  # no CSRF token
