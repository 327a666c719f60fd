"""Every line of a plan is told with the setting behind it."""

from __future__ import annotations

import pytest

from rules.causes import setting_behind
from rules.document import value_at
from rules.match import Match
from rules.plan import plan_call
from rules.plan_story import tell
from rules.reasons import Code, because
from rules.settings import DEFAULTS
from rules.trial import points_of
from rules.vocabulary import Contact, Direction
from tests.unit.rules.calls import AROUND, NINE, settings
from tests.unit.rules.plans import KNOWN, WORLD, first, trial


def told(call, client=None, **sections):
    rules = settings(**sections)
    plan = plan_call(points_of(call, AROUND), Match(client, ()), rules, WORLD, NINE)
    return [(str(line.reason.code), line.seconds, line.path) for line in tell(plan, rules)]


def test_first_contact_is_told_in_the_order_of_the_call():
    assert told(trial(), incoming=first()) == [
        ("number_read", 0, None),
        ("rule", 10, "incoming.first.create"),
        ("owner_answered_by", 10, "incoming.first.owner"),
    ]


def test_lost_call_tells_its_fallback_and_its_task():
    lines = told(
        trial(is_answered=False),
        incoming=first(),
        tasks={"lost_incoming": {"assign": "from_settings"}},
        responsible={"incoming_user_id": "u_3"},
    )

    assert lines[1:] == [
        ("rule", 10, "incoming.first.create"),
        ("nobody_answered", 10, "incoming.first.owner"),
        ("fallback_settings", 10, "responsible.incoming_user_id"),
        ("task_lost_incoming", 10, "tasks.lost_incoming.assign"),
        ("owner_from_settings", 10, "responsible.incoming_user_id"),
    ]


def test_repeat_contact_without_anything_to_make_has_its_reason_alone():
    assert told(trial("outbound"), KNOWN[0])[1:] == [
        ("nothing_wanted", 0, "outgoing.repeat.create")
    ]


def test_owner_of_a_failed_outgoing_call_is_part_of_the_task():
    lines = told(
        trial("outbound", is_answered=False, caller="999"),
        KNOWN[0],
        tasks={"failed_outgoing": {"assign": "caller"}},
    )

    assert ("task_failed_outgoing", 10, "tasks.failed_outgoing.assign") in lines
    assert ("employee_unmapped", 10, "users") in lines


def test_left_out_field_leads_to_its_row():
    fields = [
        {"id": "f1", "entity": "lead", "target": "talk", "value": "{{talk_duration}}"},
        {"id": "f2", "entity": "lead", "target": "when", "value": "soon"},
    ]

    lines = told(trial(), incoming=first(), fields=fields)

    assert lines[-1] == ("field_left_out", 85, "fields.1.target")


@pytest.mark.parametrize("direction", [Direction.INBOUND, Direction.OUTBOUND, None])
@pytest.mark.parametrize("contact", [*Contact, None])
@pytest.mark.parametrize("code", list(Code))
def test_every_path_is_a_place_of_the_document(code, contact, direction):
    values = {"rule": "lost_incoming", "entity": "lead", "target": "x", "contact": contact}
    path = setting_behind(because(code, **values), settings(), direction, contact)

    section, *rest = (path or "users").split(".")
    assert section == "users" or section in DEFAULTS
    assert not rest or value_at(DEFAULTS, ".".join([section, *rest[:-1]])) is not None
