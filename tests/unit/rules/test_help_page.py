"""The oddities of the help page (its labels and values), as the settings document keeps them."""

from __future__ import annotations

import pytest

from rules.crm import Client
from rules.decide import decide_contact
from rules.owner import People
from rules.settings import Settings
from rules.settings_shape import read
from rules.standard_templates import ENTITY_FIELDS
from rules.vocabulary import Create, Direction, Entity
from tests.unit.rules.calls import facts, settings

CREATES = {"lead", "deal", "lead_and_deal", "nothing"}
OWNERS = {"answered_by", "finished_by", "caller", "from_client_card", "from_settings"}


def accepted(words, *path):
    """Those words that may stand at that place of the document."""

    def document(word):
        for name in reversed(path):
            word = {name: word}
        return word

    return {word for word in words if not read(document(word))[0]}


@pytest.mark.parametrize(
    ("side", "contact", "owners"),
    [
        pytest.param(
            "incoming", "first", OWNERS - {"caller", "from_client_card"}, id="incoming-first"
        ),
        pytest.param(
            "incoming", "repeat", OWNERS - {"caller", "from_client_card"}, id="incoming-repeat"
        ),
        pytest.param("outgoing", "first", {"caller", "from_settings"}, id="outgoing-first"),
        pytest.param("outgoing", "repeat", OWNERS - {"caller"}, id="outgoing-repeat"),
    ],
)
def test_owners_that_each_block_offers(side, contact, owners):
    assert accepted(OWNERS, side, contact, "owner") == owners
    assert accepted(CREATES, side, contact, "create") == CREATES


@pytest.mark.parametrize(
    ("task", "assigns"),
    [("lost_incoming", {"none", "from_settings"}), ("failed_outgoing", {"none", "caller"})],
)
def test_the_two_tasks_are_assigned_differently(task, assigns):
    assert accepted({"none", "from_settings", "caller"}, "tasks", task, "assign") == assigns


def test_templates_include_tasks_and_additional_fields_do_not():
    def row(entity):
        return {"fields": [{"id": "f1", "entity": entity, "target": "x", "value": "y"}]}

    assert {entity for entity in Entity if not read(row(entity))[0]} == set(Entity) - {Entity.TASK}
    assert set(ENTITY_FIELDS) == set(Entity)
    assert read({"templates": {"task": {"text": "x"}}})[0] == []


@pytest.mark.parametrize("create", list(Create))
@pytest.mark.parametrize("direction", [Direction.INBOUND, Direction.OUTBOUND])
def test_with_the_client_switch_off_a_first_contact_makes_no_lead_and_no_deal(direction, create):
    side = "incoming" if direction is Direction.INBOUND else "outgoing"
    rules = settings(**{side: {"first": {"create_client": False, "create": create}}})

    decision = decide_contact(facts(direction=direction), None, rules, People())

    assert decision.actions == ()


def test_the_client_switch_does_not_concern_repeat_contacts():
    rules = settings(
        incoming={
            "first": {"create_client": False},
            "repeat": {"create": "lead_and_deal", "owner": "from_settings"},
        }
    )

    decision = decide_contact(facts(), Client("c_1"), rules, People())

    assert decision.actions == (Entity.LEAD, Entity.DEAL)


def test_nothing_is_switched_on_that_the_admin_did_not_choose():
    defaults = Settings()

    assert (defaults.incoming.repeat.create, defaults.outgoing.repeat.create) == ("nothing",) * 2
    assert defaults.tasks.lost_incoming.assign == "none"
    assert defaults.tasks.failed_outgoing.assign == "none"
    assert not defaults.incoming.personal_manager.enabled
