from __future__ import annotations

from itertools import product

import pytest

from rules.document import with_values
from rules.incoming_to_outgoing import copy_rules
from rules.settings import DEFAULTS, load

OWNERS = ("answered_by", "finished_by", "from_settings")


def incoming(first, repeat, *, create_client=True):
    return with_values(
        DEFAULTS,
        {
            "incoming.first": {"create_client": create_client, "create": "deal", "owner": first},
            "incoming.repeat": {"create": "lead_and_deal", "owner": repeat},
        },
    )


@pytest.mark.parametrize(("first", "repeat"), list(product(OWNERS, OWNERS)))
def test_what_is_copied_is_a_valid_document(first, repeat):
    document = incoming(first, repeat)

    copied = copy_rules(document)
    outgoing = load(with_values(document, copied.values)).outgoing

    assert (outgoing.first.create, outgoing.repeat.create) == ("deal", "lead_and_deal")
    assert outgoing.repeat.owner == repeat


@pytest.mark.parametrize("owner", ["answered_by", "finished_by"])
def test_owner_who_answers_has_no_counterpart_in_a_first_outgoing_contact(owner):
    copied = copy_rules(incoming(owner, owner))

    assert copied.left == ("outgoing.first.owner",)
    assert "outgoing.first.owner" not in copied.values


def test_responsible_of_the_settings_is_copied_as_a_rule_and_not_as_a_person():
    copied = copy_rules(incoming("from_settings", "from_settings", create_client=False))

    assert copied.left == () and copied.values["outgoing.first.create_client"] is False
    assert not any(path.startswith("responsible") for path in copied.values)
