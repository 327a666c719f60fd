"""The live card of each step: what will happen with the settings as they stand on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blueprints.setup.fields_step_summary import fields_summary
from blueprints.setup.funnels_parts import tell_funnels
from blueprints.setup.incoming_summary import tell_incoming
from blueprints.setup.lines import Line
from blueprints.setup.outgoing_summary import tell_outgoing
from blueprints.setup.tasks_summary import tell_tasks
from blueprints.setup.templates_step_parts import templates_summary
from models import Integration
from rules.choices import Choices
from rules.settings import Settings

Summary = Callable[[Integration, Settings, Choices], list[Line]]

# Slug -> the function that tells it. A step without one has no card.
SUMMARIES: Mapping[str, Summary] = {
    "incoming": tell_incoming,
    "outgoing": tell_outgoing,
    "tasks": tell_tasks,
    "templates": templates_summary,
    "funnels": tell_funnels,
    "fields": fields_summary,
}


def summarise(
    slug: str, integration: Integration, settings: Settings, choices: Choices
) -> list[Line] | None:
    tell = SUMMARIES.get(slug)
    return tell(integration, settings, choices) if tell else None
