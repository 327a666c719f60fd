"""Makes bodies as no PBX would send them: from the payload files, cut, mixed, twisted, and made up.

Everything follows from one seed, so that what broke can be made again.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from clients.notification_members import EVERY_NAME, GROUPS
from rules.vocabulary import EventKind

PAYLOADS = Path(__file__).parent.parent / "tests" / "payloads" / "callgear"
LARGEST = 64 * 1024
NAMES = [*sorted(EVERY_NAME), "event", "secret", "notification_mnemonic", "unheard_of", ""]
KINDS = [kind.value for kind in EventKind] + ["in_call_session", "set_mark", "chat", ""]
TYPES = (
    None,
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain; charset=koi8-r",
    "multipart/form-data; boundary=x",
    "\xff/\x00",
)
TIMES = (
    "2026-03-01 14:40:24.101",
    "2026-03-01T14:40:24+04:00",
    "0000-00-00 00:00:00",
    "9999-12-31 23:59:59.999999",
    "2026-02-30 25:61:61",
    "1772361624101",
    "-62135596800",
    "1e400",
    "NaN",
)
PHONES = (
    "971501234567",
    "+971 (50) 123-45-67",
    "79161234567...101",
    "anonymous",
    "sip:a@b",
    "١٢٣٤٥٦٧٨٩٠١",
    "+" * 50,
    "0" * 400,
    "=cmd|' /C calc'!A0",
)
WORDS = (
    "",
    " ",
    "null",
    "true",
    "{{client_name}}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "'; DROP TABLE notification; --",
    "\x00",
    "\ud800",
    "\u202e",
    "а" * 300,
    "\r\nSet-Cookie: a=b",
    '""quoted""',
    '["a","b"]',
    "[[[[",
    "%s%n",
    "../../etc/passwd",
    "https://127.0.0.1/a",
    "file:///etc/passwd",
)
NUMBERS = (0, 1, -1, 101, 2**31, 2**63, 10**15, 10**300, 1e308, -1e-308, 0.1, True, False, None)
SIGNS = "{}[]\":,&=%\\+\x00\x1f \n\t<>'ÿ"


@dataclass(frozen=True)
class Sent:
    """One notification as it stands on the wire."""

    body: bytes
    content_type: str | None
    query: bytes


class Maker:
    """An endless row of notifications; the same for the same seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"bodies {seed}")
        self._samples = [path.read_bytes() for path in sorted(PAYLOADS.rglob("*.*"))]
        self._ways: tuple[tuple[Callable[[], bytes], int], ...] = (
            (self._flat, 30),
            (self._nested, 10),
            (self._form, 15),
            (self._twisted, 30),
            (self._deep, 2),
            (self._long, 1),
            (self._noise, 7),
            (lambda: b"", 5),
        )

    def make(self) -> Sent:
        ways, weights = zip(*self._ways, strict=True)
        (way,) = self._random.choices(ways, weights)
        body = way()[:LARGEST]
        if self._random.random() < 0.1:
            body = self._twist(body)[:LARGEST]
        has_query = not body or self._random.random() < 0.1
        query = self._form()[:8000] if has_query else b""
        return Sent(body, self._random.choice(TYPES), query)

    def members(self) -> dict[str, Any]:
        """Names and values of one notification, mostly of a call."""
        pick = self._random
        names = pick.sample(NAMES, pick.randint(0, 12))
        found = {name: self._value(name) for name in names}
        if pick.random() < 0.8:
            found |= {"event": pick.choice(KINDS), "call_session_id": pick.randint(1, 40)}
        if pick.random() < 0.7:
            found["notification_time"] = pick.choice(TIMES)
        return found

    def _flat(self) -> bytes:
        return self._json(self.members())

    def _nested(self) -> bytes:
        pick, members = self._random, self.members()
        groups: dict[str, Any] = {}
        for name, value in members.items():
            if pick.random() < 0.6:
                groups.setdefault(pick.choice(sorted(GROUPS)), {})[name] = value
            else:
                groups[name] = value
        return self._json(groups)

    def _form(self) -> bytes:
        pick = self._random
        pairs = []
        for name, value in self.members().items():
            text = value if isinstance(value, str) else json.dumps(value)
            named = pick.choice((name, f"call_info[{name}]", f"employee_info.{name}", f"{name}[]"))
            pairs.append(f"{named}={quote_plus(text.encode('utf-8', 'replace'))}")
        return pick.choice(("&", "&", "&", ";", "")).join(pairs).encode()

    def _twisted(self) -> bytes:
        return self._twist(self._random.choice(self._samples))

    def _twist(self, body: bytes) -> bytes:
        """A few bytes changed, lost, doubled, moved; two bodies grown together."""
        pick, found = self._random, bytearray(body)
        for _ in range(pick.randint(1, 6)):
            at = pick.randint(0, len(found))
            till = min(len(found), at + pick.randint(0, 12))
            match pick.randrange(6):
                case 0:
                    del found[at:till]
                case 1:
                    found[at:at] = pick.choice(SIGNS).encode("utf-8", "replace")
                case 2:
                    found[at:till] = pick.randbytes(till - at)
                case 3:
                    found[at:at] = found[at:till] * 2
                case 4:
                    other = pick.choice(self._samples)
                    found[at:] = other[pick.randint(0, len(other)) :]
                case _:
                    found[at:till] = pick.choice(WORDS).encode("utf-8", "surrogatepass")
        return bytes(found)

    def _deep(self) -> bytes:
        depth = self._random.choice((50, 1000, 20_000))
        opening, closing = self._random.choice((("[", "]"), ('{"call_info":', "}")))
        head = '{"event":"call_finished","call_session_id":1,"tag_ids":'
        return f"{head}{opening * depth}1{closing * depth}}}".encode()

    def _long(self) -> bytes:
        """What is quick to write and may be slow to read: signs that repairs look for, in rows."""
        pick = self._random
        piece = pick.choice(('""', "{{", "}}", '"[', "\\", "call_session_id=", "&", "1", '":', ","))
        count = LARGEST // len(piece) - 40
        return pick.choice(('{"a":"', '{"tag_ids":', "", "a=")).encode() + piece.encode() * count

    def _noise(self) -> bytes:
        pick = self._random
        if pick.random() < 0.5:
            return pick.randbytes(pick.randint(1, 300))
        signs = string.printable + SIGNS
        return "".join(pick.choices(signs, k=pick.randint(1, 300))).encode("utf-8", "replace")

    def _json(self, value: Any) -> bytes:
        text = json.dumps(value, ensure_ascii=self._random.random() < 0.5)
        return text.encode("utf-8", "surrogatepass")

    def _value(self, name: str) -> Any:
        pick = self._random
        kinds: list[Any] = [pick.choice(WORDS), pick.choice(NUMBERS), pick.randint(1, 200)]
        if "phone" in name or name.startswith("num"):
            kinds = [pick.choice(PHONES)] * 3 + kinds
        if "time" in name or name.endswith("_at"):
            kinds = [pick.choice(TIMES)] * 3 + kinds
        if name.endswith(("ids", "names")):
            kinds.append([pick.choice(WORDS) for _ in range(pick.randint(0, 4))])
        kinds += [{"a": pick.choice(WORDS)}, str(pick.randint(1, 10**9))]
        return pick.choice(kinds)
