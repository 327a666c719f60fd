"""What the template of a step needs beside its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blueprints.setup.funnels_parts import funnels_extras
from blueprints.setup.outgoing_summary import outgoing_extras
from blueprints.setup.tasks_summary import tasks_extras
from models import Integration
from rules.choices import Choices
from rules.settings import Settings

Extras = Callable[[Integration, Settings, Choices], dict[str, Any]]

EXTRAS: Mapping[str, Extras] = {
    "outgoing": outgoing_extras,
    "tasks": tasks_extras,
    "funnels": funnels_extras,
}


def extras_of(
    slug: str, integration: Integration, settings: Settings, choices: Choices
) -> dict[str, Any]:
    tell = EXTRAS.get(slug)
    return tell(integration, settings, choices) if tell else {}
