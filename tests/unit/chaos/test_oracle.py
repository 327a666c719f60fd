"""The judge of the fault campaign, judged: a CRM as it must be passes, each flaw of one is told."""

from __future__ import annotations

import ast
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import chaos
from chaos.courier import schedule
from chaos.office import KNOWN_CLIENTS, ZONE, office_of
from chaos.oracle import CARD, MADE, expect
from chaos.plan import Plan, PlannedCall, make_plan
from chaos.simulated import Notification
from chaos.verdict import DOUBLED, LOST, UNEXPECTED, WRONG, compare

NOW = datetime(2026, 11, 22, 18)
NOBODY_DOUBLED = {"entities": {}, "doubled_phones": {}}
ABOUT = {"_deleted": False, "_origin": "api"}


def call(number, recipe="inbound_answered", kind="ordinary", contact="971521000001", **more):
    defaults = {
        "id": 800_000_000 + number,
        "recipe": recipe,
        "kind": kind,
        "contact": contact,
        "employees": (101, 102, 103),
        "talk_seconds": 20,
        "line": "97140000001",
        "started": NOW + timedelta(seconds=7 * number),
        "shape": "flat",
        "utm_source": "",
    }
    return PlannedCall(**{**defaults, **more})


CALLS = (
    call(1),
    call(2),
    call(3, "inbound_lost"),
    call(4, "inbound_lost"),
    call(5, "outbound_silent"),
    call(6, contact="971500000101"),
    call(7, kind="hidden", contact="anonymous"),
    call(8, "internal", kind="internal", contact=""),
)


@pytest.fixture
def plan():
    return Plan(1, office_of(1), list(CALLS), None)


@pytest.fixture
def crm(plan):
    """What the CRM holds when all went well; the first call is the first contact."""
    expected, groups = expect(plan)
    rows = {name: [] for name in ("clients", "leads", "deals", "tasks", "calls")}
    made = {}
    for group in groups:
        client_id = group.client_id or f"c{group.phone}"
        if not group.client_id:
            owner = min(group.calls[0].first.owners)
            rows["clients"].append(client(client_id, group.phone, owner))
        for one in group.calls:
            made[one.call.id] = {"client_id": client_id, **contact(rows, group, one)}
        lines = [f"Call back {one.call.id}" for one in group.tasks_due]
        if lines:
            task = {"id": "t1", "text": "\n".join(lines), "responsible_user_id": "u_22"}
            rows["tasks"].append(task | ABOUT)
    for one in expected:
        if one.is_logged:
            rows["calls"].append(entry(one, made.get(one.call.id, {})))
    return rows


def client(identity, phone, owner):
    return {"id": identity, "phones": [phone], "responsible_user_id": owner} | ABOUT


def contact(rows, group, one):
    """The leads and deals of one call; their ids."""
    is_first = one is group.calls[0] and not group.client_id
    made = one.first if is_first else one.repeat
    told = {}
    for entity, count in (("lead", made.leads), ("deal", made.deals)):
        if count:
            told[f"{entity}_id"] = f"{entity}{one.call.id}"
            rows[f"{entity}s"].append(
                {
                    "id": f"{entity}{one.call.id}",
                    "title": f"{entity.title()} {one.call.id}",
                    "responsible_user_id": owner_of(made, rows),
                    "custom_fields": {"talk_seconds": 20} if one.call.talkers else {},
                }
                | ABOUT
            )
    return told


def owner_of(made, rows):
    return rows["clients"][0]["responsible_user_id"] if CARD in made.owners else min(made.owners)


def entry(one, links):
    started = one.call.started.replace(tzinfo=ZoneInfo(ZONE))
    return {
        "id": f"k{one.call.id}",
        "started_at": int(started.timestamp() * 1000),
        "status": min(one.statuses),
        "recordings": [{"url": f"r{number}"} for number in range(one.recordings[0])],
        "links": {"lead_id": None, "deal_id": None} | links,
    } | ABOUT


def judge(plan, crm, audit=NOBODY_DOUBLED, **options):
    expected, groups = expect(plan)
    return compare(crm, audit, expected, groups, **options)


def kinds(findings):
    return {(one.kind, one.whose) for one in findings}


def test_what_must_be_there_passes(plan, crm):
    assert judge(plan, crm) == []


def test_a_call_without_entry_is_lost(plan, crm):
    crm["calls"] = [row for row in crm["calls"] if row["id"] != "k800000007"]

    assert kinds(judge(plan, crm)) == {(LOST, "800000007")}


def test_a_lead_written_twice_is_doubled(plan, crm):
    crm["leads"].append(crm["leads"][0] | {"id": "again"})

    assert (DOUBLED, "800000001") in kinds(judge(plan, crm))


def test_two_first_contacts_of_one_client_are_told(plan, crm):
    crm["deals"].append(crm["deals"][0] | {"id": "deal2", "title": "Deal 800000002"})
    crm["calls"][1]["links"]["deal_id"] = "deal2"

    assert kinds(judge(plan, crm)) == {(UNEXPECTED, "800000002")}


def test_a_second_client_of_one_number_is_doubled(plan, crm):
    crm["clients"].append(crm["clients"][0] | {"id": "c2"})

    assert (DOUBLED, "+971521000001") in kinds(judge(plan, crm))


def test_a_line_that_another_one_took_away_is_lost(plan, crm):
    crm["tasks"][0]["text"] = "Call back 800000003\nCall back 800000005"

    assert kinds(judge(plan, crm)) == {(LOST, "800000004")}


def test_an_entry_of_an_internal_call_is_unexpected(plan, crm):
    expected, _ = expect(plan)
    crm["calls"].append(entry(expected[0], {}) | {"started_at": 1_795_000_000_000})

    assert [one.kind for one in judge(plan, crm)] == [UNEXPECTED]


def test_a_lead_of_somebody_else_is_wrong(plan, crm):
    crm["leads"][0]["responsible_user_id"] = "u_20"

    assert kinds(judge(plan, crm)) == {(WRONG, "800000001")}


def test_the_crms_own_count_of_references_counts_too(plan, crm):
    audit = {"entities": {"leads": {"doubled": {"cg-1": 2}}}, "doubled_phones": {}}

    assert kinds(judge(plan, crm, audit)) == {(DOUBLED, "cg-1")}


def test_of_some_calls_only_these_must_be_there(plan, crm):
    crm["calls"] = [row for row in crm["calls"] if row["id"] != "k800000007"]

    assert judge(plan, crm, only={800_000_006}) == []


def test_a_plan_follows_from_its_seed_alone():
    first, again, other = (make_plan(seed, 200, now=NOW).calls for seed in (3, 3, 4))

    assert first == again != other
    assert {one.kind for one in first} == {"ordinary", "hidden", "ignored", "internal", "own"}
    assert {one.dropped for one in first} > {"", "all"}
    assert any(one.contact in KNOWN_CLIENTS for one in first)


@pytest.mark.parametrize("seed", range(1, 30))
def test_the_settings_of_every_seed_are_told_by_what_they_make(seed):
    office = office_of(seed)

    assert set(office.creates.values()) <= set(MADE)


def test_the_courier_repeats_shuffles_and_forgets():
    plan = make_plan(1, 100, now=NOW)
    told = [
        Notification(one.id, event, "POST", "", "")
        for one in plan.calls
        for event in ("incoming_call", "talk_started", "call_finished")
    ]

    deliveries, counts = schedule(plan, told, per_second=100)

    assert counts["notification repeated"] and counts["notification dropped"]
    assert counts["notification out of order"]
    assert len(deliveries) == (
        len(told) - counts["notification dropped"] + 4 * counts["notification repeated"]
    )


@pytest.mark.parametrize("module", ["oracle", "office", "plan", "verdict"])
def test_the_judge_knows_nothing_of_the_product(module):
    tree = ast.parse((Path(chaos.__file__).parent / f"{module}.py").read_text())

    imported = {
        node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }

    assert not imported & {"rules", "services", "models", "clients", "jobs", "runtime"}
