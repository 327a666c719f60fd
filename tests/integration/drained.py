"""Settings of the tests of the drain, and what the CRM has after one call."""

from __future__ import annotations

ONE_OF_EACH = {"clients": 1, "leads": 1, "calls": 1}
LEAD_AND_DEAL = {"incoming": {"first": {"create": "lead_and_deal"}, "repeat": {"create": "lead"}}}
ALL_FOUR = {
    "incoming": {"first": {"create": "lead_and_deal", "owner": "from_settings"}},
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
}


def row(entity, target, value, **more):
    return {"id": f"{entity}-{target}", "entity": entity, "target": target, "value": value, **more}
