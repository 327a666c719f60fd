"""The trial calls of the demo: what each is called, and the order that makes it happen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

KNOWN_CLIENT = "971500000101"  # a client with a deal in the demo's CRM
# A call of half a minute passes in a few seconds.
PACE = {"speed": 6, "ring_seconds": 5, "talk_seconds": 20}


@dataclass(frozen=True)
class DemoCall:
    """`order` goes to the simulated PBX; without a contact a number nobody knows is taken."""

    slug: str
    title: LazyString
    hint: LazyString
    icon: str
    order: dict[str, Any] = field(default_factory=dict)

    @property
    def is_stream(self) -> bool:
        return "count" in self.order

    def as_order(self) -> dict[str, Any]:
        if self.is_stream:
            return {**self.order, "seed": random.randrange(10**6), "contact_base": unknown_number()}
        return {"contact": str(unknown_number()), **PACE, **self.order}


DEMO_CALLS = (
    DemoCall(
        "new-answered",
        _l("A new client calls, answered"),
        _l("The number is not in Behomes. An employee picks up."),
        "phone-incoming",
        {"recipe": "inbound_answered"},
    ),
    DemoCall(
        "new-lost",
        _l("A new client calls, nobody answers"),
        _l("The call is lost: somebody has to call back."),
        "phone-missed",
        {"recipe": "inbound_lost", "speed": 10},
    ),
    DemoCall(
        "repeat-transfer",
        _l("A known client calls, with a transfer"),
        _l("One employee answers and hands the client over to another."),
        "arrow-left-right",
        {"recipe": "inbound_transfer", "contact": KNOWN_CLIENT},
    ),
    DemoCall(
        "outgoing-silent",
        _l("An employee calls, no answer"),
        _l("The client does not pick up."),
        "phone-outgoing",
        {"recipe": "outbound_silent"},
    ),
    DemoCall(
        "stream",
        _l("A busy minute"),
        _l("Twenty different calls within half a minute."),
        "radio",
        {"count": 20, "seconds": 30, "contacts": 14, "call": PACE},
    ),
)


def find_demo_call(slug: str) -> DemoCall | None:
    return next((call for call in DEMO_CALLS if call.slug == slug), None)


def unknown_number() -> int:
    """A number of the UAE that surely belongs to none of the demo's clients."""
    return 971_501_000_000 + random.randrange(8_999_000)
