"""How the CRM completes what is written: defaults, stamps, and rules across fields."""

from __future__ import annotations

from typing import Any

from simulators.behomes.checks import Findings, row_of
from simulators.behomes.store import now_ms
from simulators.behomes.world import Account

CARD_URL = "https://b2b.behomes.tech/{table}/{id}"
BLANK: dict[str, dict[str, Any]] = {
    "clients": {"emails": [], "source": None},
    "leads": {"client_id": None, "source": None},
    "deals": {"client_id": None, "lead_id": None, "pipeline_id": None, "stage_id": None},
    "tasks": {"phone": None, "link": None, "status": "open", "responsible_user_id": None},
}
COMMON: dict[str, Any] = {"comment": None, "responsible_user_id": None}


def complete(account: Account, table: str, identity: str, body: dict[str, Any]) -> dict[str, Any]:
    """The whole object that the CRM stores for a create."""
    blank = BLANK[table] if table == "tasks" else {**COMMON, **BLANK[table]}
    if table == "leads":
        blank = {**blank, **_first_lead_stage(account)}
    now = now_ms()
    return {
        "id": identity,
        **blank,
        **body,
        "custom_fields": {
            key: value
            for key, value in (body.get("custom_fields") or {}).items()
            if value is not None
        },
        "url": CARD_URL.format(table=table, id=identity),
        "created_at": body.get("created_at", now),
        "updated_at": body.get("updated_at", now),
    }


def _first_lead_stage(account: Account) -> dict[str, str | None]:
    for pipeline in account.pipelines.values():
        if pipeline["entity"] == "lead":
            return {"pipeline_id": pipeline["id"], "stage_id": pipeline["stages"][0]["id"]}
    return {"pipeline_id": None, "stage_id": None}


def merged(
    data: dict[str, Any], body: dict[str, Any], *, nested: tuple[str, ...]
) -> dict[str, Any]:
    """The fields sent replace the old ones; the nested ones are merged by key, null removes."""
    new = {**data, **body}
    for name in nested:
        if name not in body:
            continue
        both = {**(data.get(name) or {}), **(body[name] or {})}
        keeps_null = name != "custom_fields"
        new[name] = {key: one for key, one in both.items() if keeps_null or one is not None}
    new["updated_at"] = max(now_ms(), data.get("updated_at", 0))
    return new


def deal_problems(body: dict[str, Any], found: Findings) -> None:
    """The stage belongs to the pipeline, and the pipeline is one of deals."""
    account = found.account
    pipeline = account.pipelines.get(body["pipeline_id"] or "", {})
    stage = account.stages.get(body["stage_id"] or "", ("", ""))
    if pipeline.get("entity") != "deal":
        found.note("pipeline_id", "unknown_value")
    elif stage[0] != body["pipeline_id"]:
        found.note("stage_id", "unknown_value")


def task_problems(link: dict[str, Any], found: Findings) -> None:
    """The link leads to something that is there."""
    row_of(f"{link['entity']}s")(link["id"], "link.id", found)
