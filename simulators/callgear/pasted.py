"""A body that an admin typed for a notification: placeholders become JSON literals.

As the PBX does it (reference 4.4): `{{name}}` without quotes becomes a quoted text, a number, a
list, true, false or null; everything else stays to the letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from simulators.callgear.shapes import Rendered

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
SHAPE = "pasted"


def render_pasted(body: str, variables: Mapping[str, Any]) -> Rendered:
    """The notification with this body."""

    def literal(found: re.Match[str]) -> str:
        return json.dumps(variables.get(found[1]), ensure_ascii=False)

    text = PLACEHOLDER.sub(literal, body)
    return Rendered("POST", "", text.encode(), "application/json; charset=utf-8")
