"""What the CRM and the PBX do wrong during a campaign, and how often each really happened."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chaos.simulated import Simulator

# Below SETTLE_SECONDS of the product: with a CRM that commits later than that and cannot be asked
# for a reference at once, a write may double; that is the limit that the documents name.
LATE_SECONDS = 2.0
CREATES = {"operation": "create_*"}
WRITES = {"operation": ["create_*", "update_*", "put_call", "patch_call"]}
REPORT = {"operation": "get.calls_report"}
Order = dict[str, Any]

# label, fault, what it matches, how likely; options
CRM: tuple[tuple[str, str, dict[str, Any], float, Order], ...] = (
    ("500 before the write", "error_500_before", WRITES, 0.03, {}),
    ("500 before a search", "error_500_before", {"operation": "find_*"}, 0.015, {"body": "html"}),
    ("500 after the write", "error_500_after", WRITES, 0.03, {}),
    ("timeout after the write", "timeout_after", WRITES, 0.012, {"seconds": 1.5}),
    ("timeout of 20 s after the write", "timeout_after", WRITES, 0.004, {"seconds": 30}),
    ("late commit, no answer", "late_commit", WRITES, 0.012, {"hold": 2.5}),
    ("late commit, reset", "late_commit", WRITES, 0.012, {"answer": "reset"}),
    ("late commit, 500", "late_commit", WRITES, 0.012, {"answer": "error"}),
    ("429 with seconds", "rate_limited", {}, 0.008, {"style": "seconds"}),
    ("429 with a date", "rate_limited", {}, 0.008, {"style": "date"}),
    ("429 with nothing", "rate_limited", {}, 0.004, {"style": "none"}),
    ("503 of a limit", "limit_503", {}, 0.006, {"style": "seconds"}),
    ("HTML instead", "html_200", {}, 0.01, {}),
    ("HTML after the write", "html_200", CREATES, 0.02, {"execute": True}),
    ("error object in a 200", "error_object_200", CREATES, 0.01, {"execute": True}),
    ("204 after the write", "no_content_204", CREATES, 0.03, {}),
    ("reset before", "reset_before", {}, 0.01, {}),
    ("reset after the write", "reset_after", WRITES, 0.02, {}),
    ("search lags", "search_lag", CREATES, 0.15, {}),
    ("slow answer", "slow", {}, 0.05, {"seconds": 0.4}),
)
TIMED = ("late_commit", "search_lag")


def break_crm(crm: Simulator, *, seed: int, often: float = 1.0, more: tuple[str, ...] = ()) -> None:
    """Put the faults in force, `often` times as likely as usual, five times more those whose label
    has a word of `more`."""
    crm.ask("POST", "/_sim/config", {"idempotency": "off", "latency_seconds": 0.02})
    orders: list[Order] = []
    for label, name, match, probability, options in CRM:
        chance = probability * often * (5 if any(word in label for word in more) else 1)
        order = {"name": name, "match": match, "probability": min(0.9, chance), "label": label}
        timed = {"seconds": LATE_SECONDS} if name in TIMED else {}
        orders.append(order | timed | options)
    crm.ask("POST", "/_sim/faults", {"faults": orders, "seed": seed})


def limit_report(pbx: Simulator) -> None:
    """The PBX's points are used up for a moment, three times."""
    order = {"name": "limit_exceeded", "match": REPORT, "count": 1, "reset": 2}
    orders = [order | {"skip": skip} for skip in (0, 2, 4)]
    pbx.ask("POST", "/_sim/faults", {"faults": orders})


def mend(crm: Simulator, pbx: Simulator) -> Counter[str]:
    """Take the faults back; how often each of the CRM's has happened, by its label."""
    active = crm.ask("GET", "/_sim/faults")["active"]
    for one in (crm, pbx):
        one.ask("DELETE", "/_sim/faults")
    return Counter({f"CRM: {fault['label']}": fault["fired"] for fault in active})


def wanted(database: str) -> list[str]:
    """Every kind of fault that a long campaign must have shown."""
    kinds = [f"CRM: {label}" for label, *_ in CRM]
    kinds += ["CRM: key refused", "PBX: report limited"]
    kinds += [f"worker killed: {what}" for what in ("child", "parent", "both")]
    kinds += ["broker killed", "broker flushed", "web killed: one", "web killed: all"]
    kinds += ["web cut in mid-request", "notification dropped", "notification repeated"]
    kinds += [f"call dropped: {word}" for word in ("all", "end", "record")]
    everything = " with everything" if database == "sqlite" else ""
    return [*kinds, "notification out of order", f"database restarted{everything}"]
