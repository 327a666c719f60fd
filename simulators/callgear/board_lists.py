"""The two live lists of the board: calls and notifications, as pieces of HTML."""

from __future__ import annotations

from datetime import datetime
from html import escape
from itertools import islice
from zoneinfo import ZoneInfo

from simulators.callgear.account import Account
from simulators.callgear.calls import Call, Row
from simulators.callgear.world import World

SHOWN = 25
TONES = {"ringing": "info", "talking": "info", "answered": "ok", "lost": "error", "failed": "warn"}
CALL = """<li class="row">
<span class="when">{when}</span>
<span class="what"><b>{recipe}</b> <span class="numbers">{numbers}</span>
<span class="muted">{people}</span></span>
<span class="result"><span class="badge {tone}">{state}</span>{record}</span>
</li>"""
NOTICE = """<li class="row">
<span class="when">{when}</span>
<span class="what"><b>{event}</b> <span class="numbers">{call}</span></span>
<span class="result"><span class="badge {tone}">{status}</span>
<span class="muted">{took}</span></span>
</li>"""
SECTION = """<section class="pbx-card" aria-labelledby="{name}">
<h2 id="{name}">{label} <span>{total}</span></h2>
{warning}<ol class="rows">{rows}</ol>
</section>"""


def lists(world: World, account: Account, words: dict[str, str]) -> str:
    """Both sections, newest first."""
    calls = list(islice(reversed(account.calls.values()), SHOWN))
    mine = (row for row in reversed(world.sent) if row.get("account") in (None, account.app_id))
    sent = list(islice(mine, SHOWN))
    warning = "" if account.webhooks else f'<p class="note">{words["no_webhooks"]}</p>'
    return _section(
        "calls", words, len(account.calls), [_call(call, words) for call in calls], warning=""
    ) + _section(
        "sent",
        words,
        world.sent_total,
        [_notice(row, words, account.zone) for row in sent],
        warning,
    )


def _section(name: str, words: dict[str, str], total: int, rows: list[str], warning: str) -> str:
    empty = f'<li class="empty">{words[f"{name}_empty"]}</li>'
    return SECTION.format(
        name=name, label=words[name], total=total, warning=warning, rows="".join(rows) or empty
    )


def _call(call: Call, words: dict[str, str]) -> str:
    state = "failed" if call.state == "lost" and call.direction == "out" else call.state
    names = dict.fromkeys(leg.employee["full_name"] for leg in call.legs if leg.employee)
    people = ", ".join(names)
    if call.is_ended and call.talk_seconds:
        people += f" · {call.talk_seconds} {words['seconds']}"
    ends = (call.contact or "?", call.virtual_number)
    return CALL.format(
        when=call.time_at(0)[11:],
        recipe=words[call.recipe],
        numbers=escape(" → ".join(ends if call.direction == "in" else ends[::-1])),
        people=escape(people),
        tone=TONES[state],
        state=words[f"state_{state}"],
        record=_record(call, words),
    )


def _record(call: Call, words: dict[str, str]) -> str:
    records = [leg.record for leg in call.talks if leg.record] if call.has_records else []
    return "".join(
        f'<a href="/media/{call.id}/{record}">{words["record"]}</a>' for record in records
    )


def _notice(row: Row, words: dict[str, str], zone: ZoneInfo) -> str:
    status = row["status"]
    tone = "ok" if status and status < 300 else "error"
    text = str(status) if status else words["unreachable"]
    if status is None and row["error"] is None:
        tone, text = "info", words["sending"]
    took = "" if row["ms"] is None else f"{row['ms']:.0f} {words['milliseconds']}"
    if row["attempt"] > 1:
        took = f"{words['attempt']} {row['attempt']} · {took}"
    return NOTICE.format(
        when=datetime.fromtimestamp(row["at"] / 1000, zone).strftime("%H:%M:%S"),
        event=words[row["event"]],
        call=row["call_session_id"] or "",
        tone=tone,
        status=text,
        took=took,
    )
