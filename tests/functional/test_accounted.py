"""Every call accounted for: days, one day with its repair, and what Behomes lost or doubled."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from models import (
    AuditFinding,
    AuditRun,
    CallSession,
    CrmWrite,
    DayAccount,
    DayRepair,
    Integration,
    ReconcileRun,
    db,
)
from rules.accounting import span_of_day
from tests.pages import HTMX, csrf_token

ZONE = "Asia/Dubai"


@pytest.fixture
def days(app, office):
    """Yesterday: 4 calls, 2 of them open, compared till its end; the day before: 1, all well."""
    today = datetime.now(ZoneInfo(ZONE)).date()
    yesterday = span_of_day(today - timedelta(days=1), ZONE)
    before = span_of_day(today - timedelta(days=2), ZONE)
    with app.app_context():
        integration = db.session.get_one(Integration, office.id)
        integration.created_at = before.start - timedelta(days=1)
        integration.access_token_sealed = "sealed"
        integration.reconciled_till = yesterday.until
        db.session.add(
            ReconcileRun(
                integration_id=office.id,
                kind="periodic",
                from_at=integration.created_at,
                till_at=yesterday.until,
                started_at=yesterday.until,
            )
        )
        for number, (state, reason) in enumerate(
            (
                ("written", None),
                ("skipped", "internal"),
                ("waiting", "retry"),
                ("failed", "write_refused"),
            )
        ):
            _call(office.id, number, yesterday, state=state, state_reason=reason)
        _call(office.id, 9, before, state="written", in_report=True)
        db.session.commit()
    return office, yesterday.day.isoformat(), before.day.isoformat()


def _call(integration_id, number, span, **more):
    started = span.start + timedelta(hours=9, minutes=number)
    db.session.add(
        CallSession(
            integration_id=integration_id,
            call_session_id=str(810000000 + number),
            first_seen_at=started,
            updated_at=started,
            started_at=started,
            client_phone=f"+9715012345{number:02}",
            facts={},
            **more,
        )
    )


def _finding(app, office, problem="lost", kind="lead"):
    """A finding about the lead of the first written call."""
    with app.app_context():
        call = db.session.scalars(
            select(CallSession).where(
                CallSession.integration_id == office.id, CallSession.state == "written"
            )
        ).first()
        write = db.session.scalars(select(CrmWrite).where(CrmWrite.session_row_id == call.id)).one()
        write.crm_id, write.sent_at = "l_<b>1", write.done_at
        now = datetime.now(UTC)
        row = AuditFinding(
            integration_id=office.id,
            session_row_id=call.id,
            ledger_key=write.ledger_key,
            kind=kind,
            problem=problem,
            crm_id="l_<b>1",
            ids=[] if problem == "lost" else ["l_1", "l_2"],
            seen_at=now,
            checked_at=now,
        )
        db.session.add(row)
        db.session.commit()
        return row.id


def page_of(office):
    return f"/integrations/{office.id}/accounted"


def post(client, path, **data):
    return client.post(path, data={"csrf_token": csrf_token(client, "/account"), **data})


def test_days_are_told_with_their_counts(admin, days):
    office, yesterday, before = days

    page = unescape(admin.get(page_of(office)).text)
    part = admin.get(page_of(office), headers=HTMX)

    assert "4 calls, 2 accounted for" in page
    assert "1 call, 1 accounted for" in page
    assert page.index(yesterday) < page.index(before)
    assert "<html" in page and "<html" not in part.text
    assert "Some are open" in page and "Complete" in page
    assert admin.get(page_of(office) + "?seen=x", headers=HTMX).status_code == 200


def test_day_that_was_not_compared_is_not_called_complete(app, admin, days):
    office, _, before = days
    with app.app_context():
        integration = db.session.get_one(Integration, office.id)
        integration.reconciled_till = integration.reconciled_till - timedelta(days=1, hours=3)
        integration.reconcile_error = "ip_not_allowed"
        db.session.commit()

    page = unescape(admin.get(f"{page_of(office)}/{before}").text)

    assert "Not fully compared" in page
    assert "Compared with CallGear's report until 21:00." in page
    assert "CallGear does not let the address of this server in." in page
    assert "Complete<" not in page


def test_each_count_of_a_day_leads_to_its_list(admin, days):
    office, yesterday, _ = days
    page = admin.get(f"{page_of(office)}/{yesterday}").text

    chips = re.findall(r'<a class="chip chip-count"\s+href="([^"]+)"[^>]*>[^<]*: (\d+)</a>', page)

    assert len(chips) >= 6
    for href, count in chips:
        listed = admin.get(unescape(href)).text
        assert len(re.findall(r'class="row-link', listed)) == int(count), href


def test_rest_of_a_day_says_why_and_what_to_do(admin, days):
    office, yesterday, _ = days

    page = unescape(admin.get(f"{page_of(office)}/{yesterday}").text)

    assert "Open: 2" in page
    assert "Open the call, set the cause right and replay it." in page
    assert "It goes on by itself as soon as its reason is gone." in page
    assert "/calls/810000003" in page


def test_what_is_no_day_is_not_found(admin, days):
    words = ("2020-01-01", "2999-01-01", "yesterday", "2026-02-30", "audit", "0001-01-01")
    token = {"csrf_token": csrf_token(admin, "/account")}

    asked = [admin.get(f"{page_of(days[0])}/{word}") for word in words]
    asked += [admin.post(f"{page_of(days[0])}/{word}/repair", data=token) for word in words]

    assert {answer.status_code for answer in asked} == {404}


def test_repair_is_asked_for_once_and_shown_until_it_ends(app, admin, days):
    office, yesterday, before = days
    path = f"{page_of(office)}/{yesterday}"

    first, second = post(admin, path + "/repair"), post(admin, path + "/repair")

    assert (first.status_code, second.status_code) == (303, 303)
    page = admin.get(path).text
    assert "Comparing the day with CallGear" in page and "every 1s" in page
    other = post(admin, f"{page_of(office)}/{before}/repair")
    assert other.status_code == 422 and "Another day is being repaired now" in other.text
    with app.app_context():
        repair = db.session.scalars(select(DayRepair)).one()
        repair.state, repair.finished_at = "finished", datetime.now(UTC)
        repair.rows, repair.taken_in, repair.replayed, repair.rest = 5, 1, 2, 0
        db.session.commit()
    page = unescape(admin.get(path).text)
    assert "CallGear's report has 5 calls of this day." in page
    assert "1 of them was not known and came in." in page
    assert "2 calls with an error were carried out again." in page
    assert "Nothing of this day is open any more." in page
    assert "every 1s" not in page


def test_poll_answers_only_what_has_changed(admin, days):
    office, yesterday, _ = days
    post(admin, f"{page_of(office)}/{yesterday}/repair")
    page = admin.get(f"{page_of(office)}/{yesterday}").text
    poll = unescape(re.search(r'hx-get="([^"]+)"', page).group(1))

    assert admin.get(poll, headers=HTMX).status_code == 204
    assert admin.get(poll).status_code == 200


def test_missing_entry_is_made_again_or_closed(app, admin, office):
    finding = _finding(app, office)
    page = admin.get(page_of(office)).text
    assert "Missing" in page and "l_&lt;b&gt;1" in page and "<b>1" not in page

    answer = post(admin, f"{page_of(office)}/findings/{finding}/again")

    assert answer.status_code == 303
    page = admin.get(page_of(office)).text
    assert "Being created again" in page and "Create again" not in page
    with app.app_context():
        row = db.session.get_one(AuditFinding, finding)
        write = db.session.scalars(select(CrmWrite).filter_by(ledger_key=row.ledger_key)).one()
        assert (row.state, row.by, write.status) == ("asked", "admin@example.com", "sent")
    again = post(admin, f"{page_of(office)}/findings/{finding}/again")
    assert again.status_code == 303
    assert "not missing any more" in admin.get(page_of(office)).text


def test_what_is_meant_to_be_so_is_closed(app, admin, office):
    finding = _finding(app, office, problem="doubled")
    page = admin.get(page_of(office)).text
    assert "l_1, l_2" in page and "Create again" not in page

    post(admin, f"{page_of(office)}/findings/accept", finding=str(finding))
    post(admin, f"{page_of(office)}/findings/accept", finding="9" * 40)
    post(admin, f"{page_of(office)}/findings/accept")

    assert "Nothing was chosen that is still open" in admin.get(page_of(office)).text
    with app.app_context():
        assert db.session.get_one(AuditFinding, finding).state == "accepted"


def test_what_was_found_and_accepted_is_not_called_whole(app, admin, office):
    finding = _finding(app, office, problem="doubled")
    with app.app_context():
        now = datetime.now(UTC)
        run = AuditRun(integration_id=office.id, kind="manual", state="finished", from_at=now)
        run.till_at = run.started_at = run.finished_at = now
        run.checked, run.doubled = 8, 1
        db.session.add(run)
        db.session.commit()

    post(admin, f"{page_of(office)}/findings/accept", finding=str(finding))

    page = admin.get(page_of(office)).text
    assert "What the last check found is settled" in page
    assert "Nothing is missing" not in page


def test_kept_counts_do_not_say_that_nothing_is_open(app, admin, days):
    office, yesterday, _ = days
    with app.app_context():
        counts = {"written": 90, "skipped": 0, "waiting": 2, "failed": 0}
        told = counts | {"in_report": 92, "from_report": 0, "counted_at": datetime.now(UTC)}
        day = datetime.fromisoformat(yesterday).date()
        db.session.add(DayAccount(integration_id=office.id, day=day, **told))
        db.session.execute(update(CallSession).values(state="written"))
        db.session.commit()

    page = admin.get(f"{page_of(office)}/{yesterday}?list=rest").text

    assert "None of these calls is left" in page and "Nothing of this day is open" not in page


def test_findings_of_strangers_stay_theirs(app, admin, office):
    finding = _finding(app, office)
    with app.app_context():
        db.session.get_one(AuditFinding, finding).integration_id = office.strange_id
        db.session.commit()

    post(admin, f"{page_of(office)}/findings/{finding}/again")
    post(admin, f"{page_of(office)}/findings/accept", finding=str(finding))

    with app.app_context():
        assert db.session.get_one(AuditFinding, finding).state == "open"
    strange = f"/integrations/{office.strange_id}/accounted"
    assert admin.get(strange).status_code == 404


def test_audit_is_started_once_and_told(app, admin, office):
    for _ in range(2):
        assert post(admin, page_of(office) + "/audit").status_code == 303
    page = admin.get(page_of(office)).text
    assert "Checking: 0 entries so far" in page and "every 2s" in page
    with app.app_context():
        run = db.session.scalars(select(AuditRun)).one()
        run.state, run.finished_at, run.checked, run.present = "finished", run.started_at, 3, 3
        db.session.commit()

    page = admin.get(page_of(office)).text
    assert "3 entries checked, missing: 0, several times: 0" in page
    assert "Nothing is missing, nothing is there twice." in page
    with app.app_context():
        run = db.session.scalars(select(AuditRun)).one()
        run.state, run.error = "aborted", "unsupported"
        db.session.commit()
    assert "cannot be searched by our reference" in admin.get(page_of(office)).text


def test_overview_tells_of_yesterday_and_of_findings(app, admin, days):
    office, yesterday, _ = days
    _finding(app, office)

    page = unescape(admin.get(f"/integrations/{office.id}/overview").text)

    assert "Yesterday: 4 calls, 2 accounted for (some are open)" in page
    assert f"/accounted/{yesterday}" in page
    assert "Behomes no longer holds 1 entry that it had confirmed." in page


def test_employee_may_not_look(employee, office):
    assert employee.get(page_of(office)).status_code == 403
