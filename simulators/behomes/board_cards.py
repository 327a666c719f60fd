"""Rows of the CRM as cards of the board: plain texts, ready to be shown."""

from __future__ import annotations

from itertools import islice
from typing import Any

from simulators.behomes.board_words import spell_phone, spell_seconds, spell_time, spell_value
from simulators.behomes.store import Row, now_ms
from simulators.behomes.world import Account

COLUMNS = ("clients", "leads", "deals", "tasks", "calls")
SHOWN = 40
TONES = {"answered": "ok", "missed": "error", "unknown": "muted", "canceled": "muted"}
Card = dict[str, Any]


class Cards:
    """Makes the cards of one account in one language."""

    def __init__(self, account: Account, words: dict[str, str]) -> None:
        self.account = account
        self.words = words

    def columns(self) -> list[dict[str, Any]]:
        return [self._column(name) for name in COLUMNS]

    def ringing(self) -> Card | None:
        """The newest pop-up event, while it has not expired."""
        rows = self.account.tables["call_events"].rows
        if not rows:
            return None
        data = next(reversed(rows.values())).data
        left = data["expires_at"] - now_ms()
        if left <= 0 or data["event"] not in ("ringing", "answered"):
            return None
        names = [
            self.account.users[one]["name"] for one in data["user_ids"] if one in self.account.users
        ]
        client = (data.get("client") or {}).get("name") or self.words["unknown_number"]
        return {
            "left_ms": left,
            "state": self.words["ringing" if data["event"] == "ringing" else "talking"],
            "tone": "accent" if data["event"] == "ringing" else "ok",
            "text": " · ".join([client, self._phone(data["client_phone"]), *names]),
        }

    def _column(self, name: str) -> dict[str, Any]:
        rows = self.account.tables[name].rows
        make = getattr(self, f"_{name}")
        cards = [self._card(row, make) for row in islice(reversed(rows.values()), SHOWN)]
        more = self.words["more"].format(shown=len(cards), total=len(rows))
        return {
            "name": name,
            "total": len(rows),
            "more": more if len(rows) > len(cards) else "",
            "cards": cards,
        }

    def _card(self, row: Row, make: Any) -> Card:
        card: Card = make(row.data)
        age = now_ms() - row.data["created_at"]
        facts = [fact for fact in card["facts"] if fact["text"]]
        made = spell_time(card.pop("at", row.data["created_at"]), self.account.timezone)
        return {"id": row.id, "age_ms": age, "made": made, **card, "facts": facts}

    def _clients(self, data: dict[str, Any]) -> Card:
        badges = [
            {"text": self.words[word], "tone": "info"}
            for table, word in (("leads", "has_lead"), ("deals", "has_deal"))
            if self.account.open_of(table, data["id"])
        ]
        phones = ", ".join(map(spell_phone, data["phones"]))
        facts = [
            self._fact("phone", phones),
            self._fact("email", ", ".join(data["emails"])),
            self._responsible(data),
            self._fact("comment", data["comment"]),
        ]
        return {
            "title": data["name"],
            "badges": badges,
            "facts": facts + self._custom("client", data),
        }

    def _leads(self, data: dict[str, Any]) -> Card:
        facts = [
            self._link("client", data["client_id"]),
            self._responsible(data),
            self._fact("comment", data["comment"]),
        ]
        return {
            "title": data["title"],
            "badges": self._stage(data),
            "facts": facts + self._custom("lead", data),
        }

    def _deals(self, data: dict[str, Any]) -> Card:
        facts = [
            self._link("client", data["client_id"]),
            self._link("lead", data["lead_id"]),
            self._responsible(data),
            self._fact("comment", data["comment"]),
        ]
        return {
            "title": data["title"],
            "badges": self._stage(data),
            "facts": facts + self._custom("deal", data),
        }

    def _tasks(self, data: dict[str, Any]) -> Card:
        done = data["status"] == "done"
        text = self.words.get(data["status"], data["status"])
        badge = {"text": text, "tone": "ok" if done else "warn"}
        link = data["link"] or {"entity": "client", "id": None}
        due = spell_time(data["due_at"], self.account.timezone) if data.get("due_at") else None
        facts = [
            self._fact("deadline", due),
            self._fact("phone", self._phone(data["phone"]) if data["phone"] else None),
            self._responsible(data),
            self._link(link["entity"], link["id"]),
        ]
        return {"title": data.get("text", ""), "badges": [badge], "facts": facts}

    def _calls(self, data: dict[str, Any]) -> Card:
        words, status, source = self.words, data["status"], data.get("source") or {}
        links, talk = data.get("links") or {}, data["duration"]["talk"]
        employee = (data.get("employee") or {}).get("user_id")
        wait = data["duration"]["wait"]
        facts = [
            self._fact("duration", spell_seconds(talk) if talk else None),
            self._fact("waited", spell_seconds(wait) if wait else None),
            self._fact("employee", self._user(employee) if employee else None),
            self._fact(
                "line", self._phone(data["line_number"]) if data.get("line_number") else None
            ),
            *(self._link(one, links.get(f"{one}_id")) for one in ("client", "lead", "deal")),
            *(self._fact(one, source.get(one)) for one in ("scenario", "campaign")),
            self._fact("tags", ", ".join(source.get("tags") or [])),
            self._fact("note_field", data.get("note")),
        ]
        return {
            "title": self._phone(data["client_phone"]),
            "at": data["started_at"],
            "badges": [
                {"text": words[data["direction"]], "tone": "muted"},
                {"text": words[status], "tone": TONES.get(status, "warn")},
            ],
            "facts": facts,
            "recordings": [self._recording(one) for one in data.get("recordings") or ()],
        }

    def _recording(self, recording: dict[str, Any]) -> dict[str, str]:
        length = recording.get("seconds")
        tail = f" · {spell_seconds(length)}" if length else ""
        return {"url": recording["url"], "text": self.words["recording"] + tail}

    def _stage(self, data: dict[str, Any]) -> list[dict[str, str]]:
        pipeline = self.account.pipelines.get(data["pipeline_id"], {})
        for stage in pipeline.get("stages", ()):
            if stage["id"] == data["stage_id"]:
                tone = {"won": "ok", "lost": "error"}.get(stage["kind"], "info")
                return [{"text": f"{pipeline['name']} · {stage['name']}", "tone": tone}]
        return []

    def _custom(self, entity: str, data: dict[str, Any]) -> list[dict[str, Any]]:
        known = self.account.custom_fields.get(entity, {})
        facts = []
        for key, value in data["custom_fields"].items():
            spec = known.get(key, {"title": key})
            titles = {option["id"]: option["title"] for option in spec.get("options") or ()}
            values = value if isinstance(value, list) else [value]
            text = ", ".join(titles.get(str(one)) or spell_value(one, self.words) for one in values)
            facts.append({"label": spec["title"], "text": text, "to": ""})
        return facts

    def _link(self, entity: str, identity: str | None) -> dict[str, Any]:
        if identity is None:
            return self._fact(entity, None)
        row = self.account.tables[f"{entity}s"].rows.get(identity)
        if row is None:
            return self._fact(entity, self.words["gone"])
        text = row.data.get("name") or row.data.get("title")
        return {**self._fact(entity, text), "to": identity}

    def _responsible(self, data: dict[str, Any]) -> dict[str, Any]:
        user_id = data["responsible_user_id"]
        return self._fact("responsible", self._user(user_id) if user_id else self.words["nobody"])

    def _user(self, user_id: str) -> str:
        user = self.account.users.get(user_id)
        return str(user["name"]) if user else f"{user_id}, {self.words['user_gone']}"

    def _phone(self, phone: str | None) -> str:
        return spell_phone(phone) if phone else self.words["hidden"]

    def _fact(self, word: str, text: str | None) -> dict[str, Any]:
        return {"label": self.words[word], "text": text or "", "to": ""}
