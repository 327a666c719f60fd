"""The overview: figures that lead to their lists, charts with tables, what needs attention."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from blueprints.dashboard_charts import Place
from blueprints.dashboard_words import notice
from blueprints.reasons import Names
from models import (
    CallSession,
    CrmAccount,
    CrmList,
    EmployeeRow,
    Integration,
    Notification,
    SettingsVersion,
    db,
)
from rules.attention import Item, Kind
from tests.pages import HTMX, NOON

PAGE = "/integrations/{}/overview"


@pytest.fixture
def busy(app, office):
    """Calls of the last days, of two employees and two sources."""
    now = datetime.now(UTC)
    with app.app_context():
        for number in range(30):
            is_lost = number % 3 == 0
            started = now - timedelta(hours=5 * number)
            db.session.add(
                CallSession(
                    integration_id=office.id,
                    call_session_id=str(800000000 + number),
                    first_seen_at=started,
                    updated_at=started,
                    started_at=started,
                    ended_at=started + timedelta(seconds=30),
                    written_at=started + timedelta(seconds=32),
                    direction="outbound" if number % 5 == 4 else "inbound",
                    outcome="lost" if is_lost else "answered",
                    client_phone="+971501234567",
                    employee_id=None if is_lost else "101" if number % 2 else "109",
                    virtual_number="97140000001",
                    campaign="<b>Spring</b>" if number % 4 == 0 else None,
                    wait_seconds=number,
                    made=3 if is_lost else 0,
                    state="written",
                    facts={},
                )
            )
        db.session.commit()
    return office


def tiles(page):
    """Label -> figure and address."""
    found = re.findall(
        r'<a class="tile" href="([^"]+)">\s*<span class="tile-label">([^<]+)</span>'
        r'\s*<span class="tile-figure">([^<]+)</span>',
        page,
    )
    return {label: (figure.strip(), unescape(href)) for href, label, figure in found}


def listed(client, href):
    """How many calls the list at this address says that it has."""
    page = client.get(href).text
    found = re.search(r"(\d+) calls?<", page)
    return int(found.group(1)) if found else 0


COUNTED = (
    "All calls",
    "Incoming calls",
    "Outgoing calls",
    "Lost calls",
    "Clients created",
    "Leads created",
    "Deals created",
    "Errors",
    "Waiting now",
)


@pytest.mark.parametrize("period", ["today", "7", "30"])
def test_each_tile_says_how_many_its_list_has(admin, busy, period):
    found = tiles(admin.get(PAGE.format(busy.id) + f"?period={period}").text)

    for label in COUNTED:
        figure, href = found[label]
        assert int(figure) == listed(admin, href), label
    assert int(found["All calls"][0]) > 0


def test_rows_of_people_and_sources_lead_to_as_many_calls(admin, busy):
    page = admin.get(PAGE.format(busy.id) + "?period=7").text
    rows = re.findall(
        r'<th scope="row">\s*<a href="([^"]+)">([^<]*)</a>.*?<td class="figure">(\d+)</td>',
        page,
        re.S,
    )

    assert {"Agent One", "Nobody", "&lt;b&gt;Spring&lt;/b&gt;"} <= {name for _, name, _ in rows}
    for href, name, count in rows:
        assert listed(admin, unescape(href)) == int(count), name


def test_charts_say_their_finding_and_have_tables(admin, busy):
    page = admin.get(PAGE.format(busy.id) + "?period=7").text

    assert "% of incoming calls were lost, most on " in page
    assert "Most calls on " in page
    assert page.count('role="img"') == 2
    assert page.count("<caption") == 4
    assert 'fill="url(#hatch-lost)"' in page
    assert " style=" not in page


def test_tables_are_shown_when_asked_for(admin, busy):
    shown = admin.get(PAGE.format(busy.id) + "?period=7&tables=1").text

    assert 'class="table-wrap chart-table"' in shown
    assert "Hide the tables" in shown
    day = re.search(r'calls\?from=([\d-]+)&amp;till=\1"', shown)
    assert day, "a day leads to its calls"


def test_poll_that_finds_nothing_new_swaps_nothing(admin, busy):
    partial = admin.get(PAGE.format(busy.id) + "?period=7", headers=HTMX)
    poll = unescape(re.search(r'hx-get="([^"]+seen=[^"]+)"', partial.text).group(1))

    assert partial.text.lstrip().startswith('<div id="overview"')
    assert "<html" not in partial.text
    assert admin.get(poll, headers=HTMX).status_code == 204
    assert admin.get(poll).status_code == 200


def test_updating_can_be_stopped(admin, busy):
    page = admin.get(PAGE.format(busy.id) + "?live=0").text

    assert "every 30s" not in page
    assert "Update by itself" in page


def test_empty_figures_say_why(admin, office):
    page = admin.get(PAGE.format(office.id)).text

    assert tiles(page)["Time to answer"][0] == "–"
    assert "no incoming call was answered" in page
    assert "nobody had to be called back" in page
    assert "No calls in this period" in page


def test_unknown_period_is_today(admin, office):
    page = admin.get(PAGE.format(office.id) + "?period=99").text

    assert re.search(r'id="period-today"[^>]*aria-current="page"', page)


def test_figures_of_a_whole_office_are_for_admins(employee, office):
    assert employee.get(PAGE.format(office.id)).status_code == 403


def test_set_up_that_is_not_done_comes_first(app, admin, office):
    with app.app_context():
        db.session.get_one(Integration, office.id).published_version = None
        db.session.commit()

    page = admin.get(PAGE.format(office.id)).text
    assert "What is left before calls get into the CRM" in page
    assert "Continue the set-up" in page


def test_what_needs_attention_has_one_fix_each(app, admin, busy):
    with app.app_context():
        row = db.session.get_one(Integration, busy.id)
        row.access_token_sealed, row.pbx_error = "sealed", "invalid_auth: dead"
        row.crm_account.breaker = "open"
        db.session.add(EmployeeRow(integration_id=busy.id, employee_id="109", full_name="Nine"))
        db.session.commit()

    page = admin.get(PAGE.format(busy.id)).text
    assert "Nine had " in page
    assert "and is not joined to Behomes" in page
    assert "CallGear no longer accepts the access key." in page
    assert "Behomes has not answered yet." in page
    notices = re.findall(r'<li class="card card-attention notice">.*?</li>', page, re.S)
    assert notices
    assert all(each.count("<a ") == 1 for each in notices)


def test_deleted_stage_is_shown_with_its_step(app, admin, office):
    with app.app_context():
        version = db.session.scalars(db.select(SettingsVersion)).one()
        version.document = {
            "incoming": {"first": {"create": "deal"}},
            "funnels": {"pipeline_id": "p_1", "stage_id": "s_gone"},
        }
        stages = [{"id": "s_1", "name": "New", "kind": "open"}]
        pipeline = {"id": "p_1", "name": "Sales", "entity": "deal", "stages": stages}
        db.session.add(
            CrmList(
                integration_id=office.id,
                kind="pipelines",
                rows=[pipeline],
                fetched_at=version.published_at,
            )
        )
        db.session.commit()

    page = admin.get(PAGE.format(office.id)).text
    assert "The stage chosen in the settings was deleted in Behomes." in page
    assert f"/integrations/{office.id}/setup/funnels#funnels-stage_id" in page


def test_new_number_and_silence_are_told(app, admin, busy):
    now = datetime.now(UTC)
    with app.app_context():
        db.session.execute(db.update(Notification).values(received_at=now - timedelta(days=8)))
        for number in range(60):
            started = now - timedelta(days=8, hours=2 * number)
            db.session.add(
                CallSession(
                    integration_id=busy.id,
                    call_session_id=f"old-{number}",
                    first_seen_at=started,
                    updated_at=started,
                    started_at=started,
                    virtual_number="97140000002",
                    state="written",
                    facts={},
                )
            )
        db.session.commit()

    page = admin.get(PAGE.format(busy.id)).text
    assert "is new: 30 calls came on it." in page
    assert "No notification has come since " in page


def test_parts_are_told_in_words(app, admin, office):
    with app.app_context():
        db.session.scalars(db.select(CrmAccount)).one().breaker = "key"
        db.session.commit()

    page = admin.get(PAGE.format(office.id)).text
    for words in ("CallGear", "Behomes", "Processing", "Storage", "key refused"):
        assert words in page


def test_start_page_is_the_overview_looked_at_last(app, admin, office):
    with app.app_context():
        db.session.execute(db.text("DELETE FROM login_integration"))  # an admin of all
        db.session.commit()

    assert admin.get("/").location == PAGE.format(office.strange_id)
    admin.get(PAGE.format(office.id))
    assert admin.get("/").location == PAGE.format(office.id)


VALUES = {
    Kind.CRM_AWAY: {"since": NOON},
    Kind.PBX_AWAY: {"since": NOON},
    Kind.NOT_NOTIFIED: {"count": 3, "since": None},
    Kind.REPORT_STOPPED: {"reason": "timeout", "since": NOON},
    Kind.SILENT: {"since": NOON},
    Kind.ADDRESS_ENDS: {"at": NOON},
    Kind.SET_ASIDE: {"count": 1},
    Kind.LOST_IN_CRM: {"count": 1},
    Kind.DOUBLED_IN_CRM: {"count": 3},
    Kind.SETTING_GONE: {"what": "field", "id": "<b>"},
    Kind.OVERDUE: {"count": 2},
    Kind.UNMAPPED: {"employee_id": "999", "count": 1},
    Kind.NEW_NUMBER: {"number": "97140000001", "count": 1},
    Kind.RECORDINGS_GO: {"count": 5, "at": NOON},
}


def test_each_trouble_is_told_with_a_page_that_is_there(app, admin, office):
    for kind in Kind:
        path = "fields" if kind is Kind.SETTING_GONE else None
        with app.test_request_context():
            integration = db.session.get_one(Integration, office.id)
            place = Place(integration, Names(), {}, "today")
            told = notice(Item(kind, VALUES.get(kind, {}), path), place)

        assert told.text.endswith("."), kind
        assert "%(" not in told.text + told.means, kind
        assert admin.get(told.href).status_code == 200, kind
