from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from models import CallSession, TraceEntry, db
from services import find_calls
from tests.pages import CALL_IDS, HTMX, log_in

LIST, CALL = "/integrations/{}/calls", "/integrations/{}/calls/{}"


def listed(page: str) -> list[str]:
    return re.findall(r"/calls/(7\d+)\"", page)


def test_list_shows_newest_first_as_a_page(admin, office):
    answer = admin.get(LIST.format(office.id))

    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")
    assert listed(answer.text) == sorted(CALL_IDS, reverse=True)
    assert "HX-Request" in answer.vary


def test_list_as_a_partial_is_the_list_alone(admin, office):
    answer = admin.get(LIST.format(office.id), headers=HTMX)

    assert answer.text.lstrip().startswith('<section id="call-list"')
    assert "<html" not in answer.text
    assert "HX-Request" in answer.vary
    assert answer.headers["HX-Push-Url"] == LIST.format(office.id)


def test_boosted_and_restored_requests_get_the_page(admin, office):
    boosted = admin.get(LIST.format(office.id), headers={**HTMX, "HX-Boosted": "true"})
    restored = admin.get(
        LIST.format(office.id), headers={**HTMX, "HX-History-Restore-Request": "true"}
    )

    assert boosted.text.startswith("<!DOCTYPE html>")
    assert restored.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("state=failed", [3], id="state"),
        pytest.param("direction=outbound", [2], id="direction"),
        pytest.param("outcome=lost", [1], id="outcome"),
        pytest.param("q=700000104", [4], id="call id"),
        pytest.param("q=%2B971+50+123+4501", [1], id="number in any spelling"),
        pytest.param("q=4503&state=written", [], id="filters add up"),
        pytest.param("from=2026-03-05&till=2026-03-05", [5, 4, 3, 2, 1, 0], id="days"),
        pytest.param("from=2026-03-06", [], id="after the last day"),
        pytest.param("period=30", [], id="the last 30 days"),
        pytest.param("employee=102", [3, 2], id="employee"),
        pytest.param("whose=101", [0], id="whose call"),
        pytest.param("whose=-", [5, 4, 1], id="nobody's call"),
        pytest.param("number=%2B971501234503", [3], id="whole number"),
        pytest.param("number=4503", [3], id="part of a number"),
        pytest.param("client=c_2", [1], id="client"),
        pytest.param("campaign=Spring+sale", [0], id="campaign"),
        pytest.param("campaign=-", [5, 4, 3, 2, 1], id="no campaign"),
        pytest.param("line=97142000001", [0], id="our number"),
        pytest.param("q=%D0%BA%D0%B0%D1%80%D0%B8%D0%BD%D0%B0", [1], id="part of a name"),
        pytest.param("q=%25_", [], id="signs of a pattern are signs"),
        pytest.param("from=2026-99-99&employee=%00", [5, 4, 3, 2, 1, 0], id="rubbish"),
        pytest.param("state=nonsense", [5, 4, 3, 2, 1, 0], id="an unknown word filters nothing"),
        pytest.param("page=2", [], id="behind the last page"),
        pytest.param("page=abc", [5, 4, 3, 2, 1, 0], id="not a page number"),
    ],
)
def test_filters(admin, office, query, found):
    answer = admin.get(f"{LIST.format(office.id)}?{query}")

    assert answer.status_code == 200
    assert listed(answer.text) == [CALL_IDS[index] for index in found]


def test_active_filters_can_be_taken_away_one_by_one(admin, office):
    page = admin.get(f"{LIST.format(office.id)}?state=failed&outcome=answered").text

    assert f'href="{LIST.format(office.id)}?outcome=answered"' in page
    assert f'href="{LIST.format(office.id)}?state=failed"' in page


def test_chips_tell_days_people_and_numbers(admin, office):
    path = f"{LIST.format(office.id)}?from=2026-03-05&till=2026-03-06&employee=102&number=4503"

    page = admin.get(path).text

    assert "5 Mar 2026 – 6 Mar 2026" in page
    assert "Employee: Agent Two" in page
    assert f'href="{LIST.format(office.id)}?number=4503&amp;employee=102"' in page


def test_slow_filter_says_how_far_it_looked(admin, office, monkeypatch):
    monkeypatch.setattr(find_calls, "LOOKED_THROUGH", 2)

    page = admin.get(f"{LIST.format(office.id)}?direction=inbound").text

    assert listed(page) == [CALL_IDS[5], CALL_IDS[3]]
    assert "5 Mar 2026, 12:03" in page


def test_unchanged_list_answers_a_poll_with_nothing(admin, office):
    page = admin.get(LIST.format(office.id)).text
    poll = re.search(r'hx-get="([^"]*seen=[^"]*)"', page).group(1).replace("&amp;", "&")

    assert admin.get(poll, headers=HTMX).status_code == 204


def test_changed_list_answers_a_poll_with_the_list(app, admin, office):
    page = admin.get(LIST.format(office.id)).text
    poll = re.search(r'hx-get="([^"]*seen=[^"]*)"', page).group(1).replace("&amp;", "&")
    with app.app_context():
        row = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[2]))
        row.state = "written"
        db.session.commit()

    answer = admin.get(poll, headers=HTMX)

    assert answer.status_code == 200
    assert "HX-Push-Url" not in answer.headers


def test_updating_can_be_stopped(admin, office):
    page = admin.get(f"{LIST.format(office.id)}?live=0").text

    assert "every 4s" not in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_call_tells_why(admin, office, headers):
    page = admin.get(CALL.format(office.id, CALL_IDS[0]), headers=headers).text

    assert "Behomes has no client with this number. A first contact." in page
    assert "Rule for this call: first contact, create a lead." in page
    assert "Responsible: Agent One, who answered the call." in page
    assert "+971 50 123 4500" in page
    assert "l_1" in page
    assert ("<html" in page) is (headers == {})


def test_refusal_of_the_crm_is_shown_as_text(admin, office):
    page = admin.get(CALL.format(office.id, CALL_IDS[3])).text

    assert "&lt;b&gt;unknown stage&lt;/b&gt;" in page
    assert "<b>unknown stage" not in page


def test_waiting_call_refreshes_itself_and_a_finished_one_does_not(admin, office):
    waiting = admin.get(CALL.format(office.id, CALL_IDS[2])).text
    finished = admin.get(CALL.format(office.id, CALL_IDS[0])).text

    assert "every 2s" in waiting
    assert "every 2s" not in finished


def test_times_are_in_the_zone_of_the_integration(admin, office):
    page = admin.get(CALL.format(office.id, CALL_IDS[0])).text

    assert "5 Mar 2026, 12:00" in page  # 08:00 UTC in Dubai


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_strange_office_is_not_there(admin, office, headers):
    assert admin.get(LIST.format(office.strange_id), headers=headers).status_code == 404
    assert (
        admin.get(CALL.format(office.strange_id, "700000150"), headers=headers).status_code == 404
    )
    assert admin.get(CALL.format(office.id, "700000150"), headers=headers).status_code == 404


def test_visitor_is_sent_to_the_login_and_back(visitor, office):
    path = f"{LIST.format(office.id)}?state=failed"

    answer = visitor.get(path)

    assert answer.status_code == 302
    target = urlsplit(answer.location)
    assert (target.path, parse_qs(target.query)) == ("/login", {"next": [path]})


def test_partial_without_a_session_is_401(visitor, office):
    assert visitor.get(LIST.format(office.id), headers=HTMX).status_code == 401


def test_employee_sees_the_calls_he_took_part_in(employee, office):
    page = employee.get(LIST.format(office.id)).text

    assert listed(page) == [CALL_IDS[0]]
    assert employee.get(CALL.format(office.id, CALL_IDS[0])).status_code == 200
    assert employee.get(CALL.format(office.id, CALL_IDS[3])).status_code == 404


def test_login_joined_to_nobody_is_told_whom_to_ask(app, employee, office):
    with app.app_context():
        db.session.execute(db.text("DELETE FROM user_mapping"))
        db.session.commit()

    page = employee.get(LIST.format(office.id)).text

    assert listed(page) == []
    assert "Your login is not joined to an employee of CallGear" in page


def test_empty_list_says_what_will_come(app, admin, office):
    with app.app_context():
        for table in ("trace_entry", "decision", "crm_write", "notification", "call_session"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        db.session.commit()

    assert "No calls yet" in admin.get(LIST.format(office.id)).text


def test_logging_in_leads_to_the_wanted_page(visitor, office):
    answer = log_in(visitor, "admin@example.com", next=LIST.format(office.id))

    assert answer.location == LIST.format(office.id)


def test_recording_is_played_from_an_address_that_needs_the_login(app, admin, office):
    with app.app_context():
        row = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[0]))
        row.facts = {**row.facts, "recordings": [{"url": "https://media.example/secret"}]}
        db.session.commit()

    page = admin.get(CALL.format(office.id, CALL_IDS[0])).text

    address = re.search(r'href="(/recordings/[^"]+)"', page).group(1)
    assert "media.example" not in page
    assert app.test_client().get(address).status_code == 404


def test_requests_to_the_crm_are_listed_apart_from_the_story(app, admin, office):
    with app.app_context():
        row = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[0]))
        values = {"method": "POST", "path": "/v4/crm/leads", "status": 201, "milliseconds": 48}
        db.session.add(
            TraceEntry(session_row_id=row.id, at=row.started_at, code="crm_request", values=values)
        )
        db.session.commit()

    page = admin.get(CALL.format(office.id, CALL_IDS[0])).text

    assert "1 request to Behomes" in page
    assert "POST /v4/crm/leads" in page
    assert "48 ms" in page


def test_decision_that_no_rule_made_is_not_shown(app, admin, office):
    with app.app_context():
        db.session.execute(db.text("UPDATE decision SET rule = 'history-only'"))
        db.session.commit()

    assert "Decision: who and what" not in admin.get(CALL.format(office.id, CALL_IDS[0])).text
