"""The step `fields`: rows per entity, put up with and without the script, saved all at once."""

from __future__ import annotations

import re

import pytest

from models import CrmList, Integration, db
from tests.pages import HTMX, NOON, csrf_token

FIELDS = (
    ("source", "Call source", "string", ()),
    ("talk", "Talk duration", "number", ()),
    ("purpose", "Purpose", "enum", ("Investment", "Own use")),
    ("evil", "<b>{{utm_source}}\u202e</b>", "text", ()),
)
STORED = [
    {"id": "f1", "entity": "lead", "target": "source", "value": "{{utm_source}}"},
    {"id": "f2", "entity": "deal", "target": "talk", "value": "{{talk_duration}}"},
    {"id": "f3", "entity": "lead", "target": "gone", "value": "Call {{call_date}}"},
]


@pytest.fixture
def fields(app, office) -> str:
    with app.app_context():
        for entity in ("client", "lead", "deal"):
            rows = [
                {
                    "key": key,
                    "title": title,
                    "entity": entity,
                    "type": kind,
                    "required": False,
                    "options": [{"id": name, "title": name} for name in options],
                }
                for key, title, kind, options in FIELDS
            ]
            db.session.add(
                CrmList(
                    integration_id=office.id, kind=f"fields:{entity}", rows=rows, fetched_at=NOON
                )
            )
        db.session.get_one(Integration, office.id).crm_read_at = NOON
        db.session.commit()
    return f"/integrations/{office.id}/setup/fields"


@pytest.fixture
def stored(app, office, fields) -> str:
    with app.app_context():
        db.session.get_one(Integration, office.id).draft = {"fields": STORED}
        db.session.commit()
    return fields


def typed(*rows, **more) -> dict:
    """A form; rows are (id, source, target) with an own text, True for overwrite, after that."""
    data: dict = {"row": [row[0] for row in rows], **more}
    for name, source, target, *rest in rows:
        data |= {f"{name}-source": source, f"{name}-target": target}
        data |= {f"{name}-text": each for each in rest if isinstance(each, str)}
        data |= {f"{name}-overwrite": "1" for each in rest if each is True}
    return data


def post(client, path, data, page=None, **headers):
    token = csrf_token(client, page or re.sub("/(rows|rows/new|notes|summary)$", "", path))
    return client.post(path, data={"csrf_token": token, **data}, headers=headers)


def draft(app, office) -> list | None:
    with app.app_context():
        document = db.session.get_one(Integration, office.id).draft
    return document and [
        (row["entity"], row["target"], row["value"], row.get("overwrite", False))
        for row in document["fields"]
    ]


def row_ids(page: str) -> list[str]:
    return re.findall(r'name="row" value="([^"]+)"', page)


def seen(client, path) -> str:
    return re.search(r'name="seen" value="([0-9a-f]+)"', client.get(path).text).group(1)


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


def test_adding_without_the_script_keeps_what_was_typed(app, admin, office, stored):
    data = typed(("f1", "own", "source", "Typed <b> {{"), do="add")

    answer = post(admin, f"{stored}/lead/rows", data)

    assert answer.status_code == 200 and "<html" in answer.text
    ids = row_ids(answer.text)
    assert ids[0] == "f1" and len(ids) == 2
    assert 'value="Typed &lt;b&gt; {{"' in answer.text
    assert draft(app, office)[0][1] == "source" and len(draft(app, office)) == 3
    assert "Fill in this field" not in answer.text


def test_adding_with_htmx_gives_one_row_with_the_focus(admin, stored):
    data = typed(("f1", "utm_source", "source"))

    answer = post(admin, f"{stored}/lead/rows/new", data, **HTMX)

    assert answer.text.strip().startswith("<tr")
    (new,) = row_ids(answer.text)
    assert new not in ("f1", "f2", "f3")
    assert re.search(rf'name="{new}-source"[^>]*autofocus', answer.text)
    assert answer.text.count("autofocus") == 1
    assert 'id="fields-1-target"' in answer.text  # after f1, which stands at 0


def test_removed_row_can_be_brought_back_as_it_was_typed(admin, stored):
    rows = [
        ("f1", "utm_source", "source"),
        ("x", "own", "evil", "Mine", True),
        ("f3", "channel", "talk"),
    ]

    gone = post(admin, f"{stored}/lead/rows", typed(*rows, do="remove:x"), **HTMX)

    assert 'id="field-rows"' in gone.text and "<html" not in gone.text
    assert row_ids(gone.text) == ["f1", "f3"]
    assert re.search(r'name="f3-source"[^>]*autofocus', gone.text)
    assert 'role="status" data-undo' in gone.text and "Deleted: Mine → " in gone.text
    hidden = dict(
        re.findall(r'type="hidden" name="((?:removed|x)[^"]*)" value="([^"]*)"', gone.text)
    )
    again = typed(rows[0], rows[2], do="restore") | hidden
    back = post(admin, f"{stored}/lead/rows", again)
    assert row_ids(back.text) == ["f1", "x", "f3"]
    assert 'value="Mine"' in back.text
    assert re.search(r'name="x-overwrite"\s+value="1"\s+checked', back.text)


def test_removing_the_last_row_leaves_the_way_to_add_one(admin, stored):
    gone = post(admin, f"{stored}/lead/rows", typed(("f1", "utm_source", "source"), do="remove:f1"))

    assert row_ids(gone.text) == [] and "Add the first field" in gone.text
    assert "Bring back" in gone.text


@pytest.mark.parametrize(
    "do", ["", "nothing", "remove:", "remove:zz", "restore", "check:zz", "restore:../x"]
)
def test_unknown_press_changes_nothing(app, admin, office, stored, do):
    before = draft(app, office)

    answer = post(admin, f"{stored}/lead/rows", typed(("f1", "utm_source", "source"), do=do))

    assert answer.status_code == 200 and row_ids(answer.text) == ["f1"]
    assert draft(app, office) == before


def test_suggestions_are_added_after_the_rows_and_not_stored(app, admin, office, stored):
    before = draft(app, office)

    answer = post(admin, f"{stored}/lead/rows", typed(("f1", "call_date", "source"), do="suggest"))

    assert len(row_ids(answer.text)) == 2 and row_ids(answer.text)[0] == "f1"
    assert "1 row added" in answer.text
    assert re.search(r'<option value="talk_duration"\s+selected', answer.text)
    assert "No field was found for: Traffic source (detailed), Advertising campaign" in answer.text
    assert draft(app, office) == before


def test_nothing_left_to_suggest_is_told(admin, stored):
    rows = [("a", "source_name", "source"), ("b", "talk_duration", "talk")]

    answer = post(admin, f"{stored}/lead/rows", typed(*rows, do="suggest"), **HTMX)

    assert row_ids(answer.text) == ["a", "b"]
    assert "No further field fits by its name" in answer.text


@pytest.mark.parametrize(
    ("source", "target", "notes"),
    [
        (
            "utm_source",
            "talk",
            ["takes a number, and “google” is none", "Filled in after the call."],
        ),
        ("talk_duration", "talk", ["Filled in after the call."]),
        (
            "direction",
            "purpose",
            ["Options: Investment, Own use", "“inbound” is none of the options"],
        ),
        ("contact_phone_number", "source", ["971501234567"]),
    ],
)
def test_notes_follow_what_is_chosen(admin, stored, source, target, notes):
    answer = post(admin, f"{stored}/lead/notes", typed(("f1", source, target)), **HTMX)

    assert 'hx-swap-oob="innerHTML:#row-f1-type"' in answer.text
    for note in notes:
        assert note in answer.text
    assert ("takes a number" in answer.text) is ("takes a number" in notes[0])


def test_double_target_is_told_before_saving(admin, stored):
    rows = [("a", "utm_source", "source"), ("b", "channel", "source"), ("c", "", "")]

    answer = post(admin, f"{stored}/deal/notes", typed(*rows), **HTMX)

    assert answer.text.count("Several rows fill the field “Call source”: 1, 2.") == 2
    assert "Fill in this field" not in answer.text


def test_summary_tells_the_rows_on_the_page(admin, stored):
    data = typed(("f1", "utm_source", "source"), ("x", "talk_duration", "talk"), entity="lead")

    answer = post(admin, f"{stored}/summary", data, page=f"{stored}/lead", **HTMX)

    assert "2 fields are filled: “Call source”, “Talk duration”." in answer.text
    assert "Known only after the call" in answer.text
    empty = post(admin, f"{stored}/summary", {"entity": "client"}, page=f"{stored}/lead", **HTMX)
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
    assert post(admin, f"{fields}/summary", {"entity": entity}, page=fields).status_code == 404


@pytest.mark.parametrize("path", ["", "/lead"])
def test_only_admins_of_the_integration_see_it(admin, employee, office, fields, path):
    strange = fields.replace(str(office.id), str(office.strange_id))

    assert employee.get(f"{fields}{path}").status_code == 403
    assert admin.get(f"{strange}{path}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/lead", "/lead/rows", "/lead/rows/new", "/lead/notes", "/summary"]
)
def test_strangers_and_employees_cannot_post(admin, employee, office, fields, path):
    page = f"/integrations/{office.id}/calls"
    strange = fields.replace(str(office.id), str(office.strange_id))
    data = {"entity": "lead"}

    assert post(employee, f"{fields}{path}", data, page).status_code == 403
    assert post(admin, f"{strange}{path}", data, page).status_code == 404
    assert admin.post(f"{fields}{path}", data=data).status_code == 400  # no CSRF token


@pytest.mark.parametrize("rows", [["../x"], ["a b"], ["x" * 99], ["a", "a"], ["é-1"]])
def test_tampered_row_ids_do_no_harm(app, admin, office, fields, rows):
    data = {"row": rows, "a-source": "utm_source", "a-target": "source"}

    answer = post(admin, f"{fields}/lead", data)

    assert answer.status_code in (303, 422)
    assert draft(app, office) in (None, [("lead", "source", "{{utm_source}}", False)])
