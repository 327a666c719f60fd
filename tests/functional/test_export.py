"""/integrations/<id>/export: the same calls as the list, safe in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from models import CallSession, db
from services import export_calls
from tests.pages import CALL_IDS, HTMX

EXPORT = "/integrations/{}/calls.csv"


def rows(answer, delimiter=","):
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def change(app, index, **values):
    with app.app_context():
        row = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[index]))
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def test_file_holds_the_calls_of_the_filter(admin, office):
    answer = admin.get(f"{EXPORT.format(office.id)}?outcome=answered&direction=inbound")

    assert answer.mimetype == "text/csv"
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert 'filename="calls-' in answer.headers["Content-Disposition"]
    assert [row["Call id"] for row in rows(answer)] == [CALL_IDS[3], CALL_IDS[0]]
    first = rows(answer)[1]
    assert first["Started"] == "2026-03-05 12:00:00"
    assert first["Client’s number"] == "(+971) 50 123 4500"
    assert (first["Employee"], first["Talked, s"], first["Lead"]) == ("Agent One", "113", "l_1")


def test_russian_file_is_divided_as_excel_expects_it(admin, office):
    admin.set_cookie("locale", "ru")

    found = rows(admin.get(EXPORT.format(office.id)), ";")

    assert len(found) == len(CALL_IDS)


def test_employee_gets_his_own_calls_whatever_he_asks_for(employee, office):
    path = EXPORT.format(office.id)

    assert [row["Call id"] for row in rows(employee.get(path))] == [CALL_IDS[0]]
    assert rows(employee.get(f"{path}?employee=102")) == []


def test_hostile_text_stays_text(app, admin, office):
    change(
        app,
        0,
        note=' =HYPERLINK("https://example.com")\n@x',
        campaign="\t=1+1",
        client={"id": "c_1", "name": "+cmd|' /C calc'!A0"},
    )

    (row,) = rows(admin.get(f"{EXPORT.format(office.id)}?q={CALL_IDS[0]}"))

    assert row["Note"] == '\' =HYPERLINK("https://example.com") @x'
    assert row["Campaign"].startswith("'")
    assert row["Client"].startswith("'+cmd")


def test_hidden_number_is_told_as_hidden(admin, office):
    (row,) = rows(admin.get(f"{EXPORT.format(office.id)}?q={CALL_IDS[4]}"))

    assert row["Client’s number"] == "Hidden number"


@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_pieces_lose_and_repeat_nothing(app, admin, office, monkeypatch, chunk):
    monkeypatch.setattr(export_calls, "CHUNK", chunk)
    with app.app_context():
        db.session.execute(db.text("UPDATE call_session SET started_at = 1772700000000"))
        db.session.commit()

    found = [row["Call id"] for row in rows(admin.get(EXPORT.format(office.id)))]

    assert found == sorted(CALL_IDS, reverse=True)


def test_file_that_is_cut_says_so(app, office):
    with app.app_context():
        wanted = export_calls.CallFilter()
        chunks = list(export_calls.export_calls(db.engine, office.id, wanted, most=4))
        whole = list(export_calls.export_calls(db.engine, office.id, wanted, most=6))

    assert ([len(chunk.calls) for chunk in chunks], chunks[-1].is_cut) == ([4], True)
    assert whole[-1].is_cut is False


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_strange_office_is_not_there(admin, office, headers):
    assert admin.get(EXPORT.format(office.strange_id), headers=headers).status_code == 404
