from __future__ import annotations

import pytest

from rules.journal_plan import COMPLETE, LEAVE_OUT, MAKE, STAY, Outlook, outlook_of
from rules.journal_states import fields_of, way_out
from rules.vocabulary import Entity


@pytest.mark.parametrize(
    ("kind", "code", "field", "step"),
    [
        ("lead", "refused", "custom_fields.source", "fields"),
        ("deal", "refused", "stage_id", "funnels"),
        ("lead", "refused", "responsible_user_id", "users"),
        ("lead", "refused", "title", "templates"),
        ("task", "refused", "due_at", "tasks"),
        ("complete", "refused", "whatever", "fields"),
        ("lead", "forbidden", "", "auth"),
        ("call", "refused", "custom_fields", ""),
        ("call", "refused", "employee.responsible_user_id", "users"),
    ],
)
def test_refused_entry_leads_to_the_step_that_mends_it(kind, code, field, step):
    assert way_out(kind, {"code": code, "details": [{"field": field}]}) == step


def test_entry_without_an_error_has_a_way_out_too():
    assert way_out("lead", None) == "templates"
    assert fields_of({"details": ["stage_id", {"field": None}]}) == ["stage_id"]


def test_outlook_tells_what_becomes_of_each_entity():
    found = outlook_of(
        {Entity.CLIENT, Entity.DEAL}, {Entity.CLIENT, Entity.TASK}, {Entity.LEAD, Entity.DEAL}
    )

    assert found == (
        Outlook(Entity.CLIENT, COMPLETE),
        Outlook(Entity.LEAD, LEAVE_OUT),
        Outlook(Entity.DEAL, MAKE),
        Outlook(Entity.TASK, STAY),
    )
