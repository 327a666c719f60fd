"""Compares what stands in the CRM with what the oracle expects: lost, doubled, unexpected."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from chaos.office import RESPONSIBLE, ZONE
from chaos.oracle import CARD, Expected, Group, Made

LOST, DOUBLED, UNEXPECTED, WRONG = "lost", "doubled", "unexpected", "wrong"
CALL_ID = re.compile(r"\b8\d{8}\b")
NEAR_SECONDS = 3
Row = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be; `whose`: the call or the client's number."""

    kind: str
    whose: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind:10} {self.whose}: {self.text}"


class Written:
    """What the CRM holds, by whose it is."""

    def __init__(self, written: dict[str, list[Row]], expected: list[Expected]) -> None:
        alive = {
            name: [row for row in rows if not row["_deleted"]] for name, rows in written.items()
        }
        self.clients: dict[str, list[Row]] = defaultdict(list)
        for row in alive["clients"]:
            for phone in row["phones"]:
                self.clients[phone].append(row)
        self.leads = _by_call(alive["leads"], "title")
        self.deals = _by_call(alive["deals"], "title")
        self.tasks = alive["tasks"]
        self.lines = Counter(whose for row in self.tasks for whose in CALL_ID.findall(row["text"]))
        self.tasks_of: dict[str, list[Row]] = defaultdict(list)
        for row in self.tasks:
            for whose in set(CALL_ID.findall(row["text"])):
                self.tasks_of[whose].append(row)
        self.calls, self.strangers = _by_start(alive["calls"], expected)


def _by_call(rows: Iterable[Row], member: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        whose = CALL_ID.search(row[member])
        found[whose.group() if whose else ""].append(row)
    return found


def _by_start(
    rows: Iterable[Row], expected: list[Expected]
) -> tuple[dict[str, list[Row]], list[Row]]:
    """Entries of the history by their call: it started then (no two calls start together)."""
    zone = ZoneInfo(ZONE)
    by_second: dict[int, Expected] = {}
    for one in expected:
        start = int(one.call.started.replace(tzinfo=zone).timestamp())
        by_second |= {start + late: one for late in range(-1, NEAR_SECONDS)}
    found: dict[str, list[Row]] = defaultdict(list)
    strangers = []
    for row in rows:
        call = by_second.get(row["started_at"] // 1000)
        found[str(call.call.id)].append(row) if call else strangers.append(row)
    return found, strangers


def compare(
    written: dict[str, list[Row]],
    audit: Row,
    expected: list[Expected],
    groups: list[Group],
    *,
    only: set[int] | None = None,
) -> list[Finding]:
    """Everything that is not as expected. `only`: what of these calls must be there already, while
    others may still be missing; nothing may ever be doubled."""
    held = Written(written, expected)
    findings = list(_doubled(audit))
    for one in expected:
        if only is None or one.call.id in only:
            findings += _entry(held, one)
    if only is None:
        findings += _strangers(held, expected)
    for group in groups:
        if only is None or {one.call.id for one in group.calls} <= only:
            findings += _group(held, group)
    return findings


def _doubled(audit: Row) -> Iterator[Finding]:
    for name, told in audit["entities"].items():
        for reference, count in told["doubled"].items():
            yield Finding(DOUBLED, reference, f"{count} rows of {name} under one reference")
    for phone, count in audit["doubled_phones"].items():
        if phone != "971500000104":  # is there twice from the beginning
            yield Finding(DOUBLED, phone, f"{count} clients with this number")


def _entry(held: Written, one: Expected) -> Iterator[Finding]:
    """The entry in the CRM's history."""
    whose, rows = str(one.call.id), held.calls[str(one.call.id)]
    if not one.is_logged:
        if rows:
            yield Finding(UNEXPECTED, whose, f"an entry of an {one.call.kind} call")
        return
    if not rows:
        yield Finding(LOST, whose, "no entry in the history")
        return
    if len(rows) > 1:
        yield Finding(DOUBLED, whose, f"{len(rows)} entries in the history")
    row = rows[0]
    if row["status"] not in one.statuses:
        yield Finding(WRONG, whose, f"status {row['status']}, not {_words(one.statuses)}")
    least, most = one.recordings
    urls = [each["url"] for each in row["recordings"]]
    if len(urls) < least:
        yield Finding(LOST, whose, "no recording")
    if len(urls) > most or len(set(urls)) < len(urls):
        yield Finding(DOUBLED, whose, f"{len(urls)} recordings of {most} talks")


def _strangers(held: Written, expected: list[Expected]) -> Iterator[Finding]:
    """What belongs to no call that may make it."""
    makers = {str(one.call.id) for one in expected if one.phone}
    phones = {one.phone for one in expected if one.phone}
    tasks_due = {str(one.call.id) for one in expected if one.is_task_due}
    for row in held.strangers:
        yield Finding(UNEXPECTED, row["id"], "an entry of no call of the plan")
    for name, found in (("lead", held.leads), ("deal", held.deals)):
        for whose in found.keys() - makers:
            yield Finding(UNEXPECTED, whose or "?", f"a {name}")
    for whose in held.lines.keys() - tasks_due:
        yield Finding(UNEXPECTED, whose, "a task")
    for phone, rows in held.clients.items():
        if phone not in phones and any(row["_origin"] == "api" for row in rows):
            yield Finding(UNEXPECTED, phone, "a client")


def _group(held: Written, group: Group) -> Iterator[Finding]:
    """The calls of one client: the client, exactly one first contact, everything once."""
    made = [row for row in held.clients[group.phone] if row["_origin"] == "api"]
    wanted = 0 if group.client_id else 1
    if len(made) != wanted:
        kind = LOST if len(made) < wanted else DOUBLED
        yield Finding(kind, group.phone, f"{len(made)} clients made, not {wanted}")
    client_id = group.client_id or (made[0]["id"] if made else None)
    yield from _contacts(held, group, made[0] if made else None)
    for one in group.calls:
        yield from _links(held, one, client_id)
        yield from _texts(held, one)
    yield from _tasks(held, group)


def _contacts(held: Written, group: Group, client: Row | None) -> Iterator[Finding]:
    """Leads and deals. Of the calls that may be the first contact the one that fits best is it."""
    if group.client_id:
        yield from (f for one in group.calls for f in _made(held, one, one.repeat, client))
        return
    readings = []
    for first in group.calls:
        findings = []
        for one in group.calls:
            made = one.first if one is first and one.first else one.repeat
            findings += list(_made(held, one, made, client))
        readings.append(findings)
    yield from min(readings, key=len)


def _made(held: Written, one: Expected, made: Made, client: Row | None) -> Iterator[Finding]:
    whose = str(one.call.id)
    for name, count, rows in (
        ("leads", made.leads, held.leads[whose]),
        ("deals", made.deals, held.deals[whose]),
    ):
        if len(rows) != count:
            kind = LOST if len(rows) < count else DOUBLED if count else UNEXPECTED
            yield Finding(kind, whose, f"{len(rows)} {name}, not {count}")
        for row in rows[:1]:
            owners = _owners(made, one, client)
            if owners and row["responsible_user_id"] not in owners:
                told = f"{name[:-1]} of {row['responsible_user_id']}, not of {_words(owners)}"
                yield Finding(WRONG, whose, told)


def _owners(made: Made, one: Expected, client: Row | None) -> frozenset[str]:
    if CARD not in made.owners:
        return made.owners
    if client is None:  # known before: his card is the CRM's own
        return frozenset()
    return frozenset({client["responsible_user_id"] or RESPONSIBLE[one.call.direction]})


def _links(held: Written, one: Expected, client_id: str | None) -> Iterator[Finding]:
    """The entry leads to the client, and to what this call has made."""
    whose = str(one.call.id)
    made = {"client_id": client_id}
    for member, rows in (("lead_id", held.leads[whose]), ("deal_id", held.deals[whose])):
        made[member] = rows[0]["id"] if rows else None
    for row in held.calls[whose][:1]:
        links = row.get("links") or {}
        for member, wanted in made.items():
            if links.get(member) != wanted:
                yield Finding(WRONG, whose, f"{member} {links.get(member)}, not {wanted}")


def _texts(held: Written, one: Expected) -> Iterator[Finding]:
    """Custom fields whose values are known only after the call."""
    whose, call = str(one.call.id), one.call
    for name, rows in (("lead", held.leads[whose]), ("deal", held.deals[whose])):
        for row in rows:
            fields = row["custom_fields"]
            if call.talkers and not fields.get("talk_seconds"):
                yield Finding(LOST, whose, f"the talk time in the {name}")
            if name == "lead" and fields.get("utm_source") != (call.utm_source or None):
                told = f"utm_source {fields.get('utm_source')}, not {call.utm_source or None}"
                yield Finding(LOST if call.utm_source else WRONG, whose, told)


def _tasks(held: Written, group: Group) -> Iterator[Finding]:
    """A line for each call that was missed, in one task while nobody closes it."""
    tasks = {}
    for one in group.tasks_due:
        whose = str(one.call.id)
        lines = held.lines[whose]
        if lines != 1:
            yield Finding(DOUBLED if lines else LOST, whose, f"named {lines} times in tasks")
        tasks |= {row["id"]: row for row in held.tasks_of[whose]}
    if group.one_task and len(tasks) > 1:
        yield Finding(DOUBLED, group.phone, f"{len(tasks)} tasks, where lines are to be added")
    if group.task_each and len(tasks) < len(group.tasks_due):
        yield Finding(LOST, group.phone, f"{len(tasks)} tasks of {len(group.tasks_due)} calls")
    owners = frozenset(user for one in group.tasks_due for user in one.task_owners)
    for row in tasks.values():
        if row["responsible_user_id"] not in owners:
            told = f"task of {row['responsible_user_id']}, not of {_words(owners)}"
            yield Finding(WRONG, group.phone, told)


def _words(words: Iterable[str | None]) -> str:
    return " or ".join(sorted(str(word) for word in words))
