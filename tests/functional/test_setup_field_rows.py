"""Rows are added, removed and brought back; suggestions and notes; nothing of it is stored yet."""

from __future__ import annotations

import re

import pytest

from tests.functional.planted_fields import draft, fields, row_ids, stored, typed
from tests.pages import HTMX
from tests.setup_pages import post

__all__ = ["fields", "stored"]


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


@pytest.mark.parametrize("rows", [["../x"], ["a b"], ["x" * 99], ["a", "a"], ["é-1"]])
def test_tampered_row_ids_do_no_harm(app, admin, office, fields, rows):
    data = {"row": rows, "a-source": "utm_source", "a-target": "source"}

    answer = post(admin, f"{fields}/lead", data)

    assert answer.status_code in (303, 422)
    assert draft(app, office) in (None, [("lead", "source", "{{utm_source}}", False)])
