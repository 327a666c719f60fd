"""What the pages of the step `templates` show: cards, variables, examples, previews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints import words
from blueprints.language import select_locale
from blueprints.setup.lines import Line, fill, strong
from blueprints.shown import masked_phone, moment
from blueprints.words import Word
from forms.templates_step import TemplateForm
from models import CallSession, Integration
from rules.choices import Choices
from rules.previewing import TextPreview, preview
from rules.sample_calls import Example, Sample, sample_call
from rules.settings import Settings
from rules.settings_checks import Problem
from rules.settings_words import sentence
from rules.standard_templates import ENTITY_FIELDS
from rules.templates import TemplateError
from rules.variables import VARIABLES, Group, Variable
from rules.vocabulary import Entity
from services.previews import regional_of

GROUPS: Mapping[Group, LazyString] = {
    Group.CALL: _l("Call"),
    Group.CLIENT: _l("Client"),
    Group.EMPLOYEE: _l("Employee"),
    Group.SOURCE: _l("Source"),
    Group.TIME: _l("Time"),
}
SAMPLES: Mapping[str, LazyString] = {
    Sample.NEW: _l("A new client calls, answered"),
    Sample.LOST: _l("A lost call"),
    Sample.OUTGOING: _l("An outgoing call"),
}
# How a filter is written, and what it does.
FILTERS: tuple[tuple[tuple[str, ...], LazyString], ...] = (
    (("{{contact_phone_number|phone}}",), _l("a phone with a plus: +971501234567")),
    (("{{start_time|date}}", "{{start_time|time}}"), _l("only the date, only the time")),
    (("{{talk_duration|duration}}",), _l("minutes and seconds: 1:15")),
    (
        ("{{campaign_name|upper}}", "{{campaign_name|trim}}"),
        _l("capital letters; without spaces around it"),
    ),
    (('{{campaign_name|default:"…"}}',), _l("what stands there when there is no value")),
)
BADGES = {
    True: Word(_l("Custom"), "square-pen", "accent"),
    False: Word(_l("Standard"), "circle-check"),
}


@dataclass(frozen=True)
class Card:
    """One entity in the list: what its template makes of a sample call."""

    entity: Entity
    word: Word
    badge: Word
    changed_at: datetime | None
    previews: tuple[TextPreview, ...]


def cards(
    settings: Settings, integration: Integration, dates: Mapping[Entity, datetime | None]
) -> list[Card]:
    return [
        Card(
            entity,
            words.word(words.ENTITIES, entity),
            BADGES[is_own(settings, entity)],
            dates[entity],
            stored_previews(settings, integration, entity),
        )
        for entity in Entity
    ]


def is_own(settings: Settings, entity: Entity) -> bool:
    return getattr(settings.templates, entity) is not None


def sample_for(entity: Entity) -> Sample:
    """The sample on which an entity is shown first: tasks come of lost calls."""
    return Sample.LOST if entity is Entity.TASK else Sample.NEW


def stored_previews(
    settings: Settings, integration: Integration, entity: Entity
) -> tuple[TextPreview, ...]:
    """What the settings make of the sample call."""
    regional = regional_of(integration)
    values = sample_call(sample_for(entity), regional).values(entity)
    own = settings.templates.text_of
    return tuple(
        preview(entity, field, own(entity, field), values, regional)
        for field in ENTITY_FIELDS[entity]
    )


def typed_previews(form: TemplateForm, example: Example) -> dict[str, TextPreview]:
    """Field -> what the typed text makes of the chosen call."""
    values = example.values(form.entity)
    return {
        each.name: preview(
            form.entity, each.name, form.own_text(each.name), values, example.regional
        )
        for each in form.texts()
    }


def error_sentences(errors: Iterable[TemplateError]) -> list[str]:
    """What is wrong with a template, each with its place and the nearest name."""
    locale = select_locale()
    return [
        sentence(
            Problem(
                "",
                error.code,
                {"position": error.position, "word": error.word, "nearest": error.nearest},
            ),
            locale,
        )
        for error in errors
    ]


def variable_groups() -> list[tuple[LazyString, list[Variable]]]:
    """All variables in the groups of the chips; the one list of `rules/variables.py`."""
    order = list(Group)
    found = sorted(VARIABLES.values(), key=lambda each: order.index(each.group))
    return [(GROUPS[key], list(rows)) for key, rows in groupby(found, key=lambda each: each.group)]


def examples(
    integration: Integration, calls: Iterable[CallSession]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices of calls to show texts on: (group, [(value, label)])."""
    real = [(call.call_session_id, _call_label(call, integration.timezone)) for call in calls]
    samples = [(str(value), str(label)) for value, label in SAMPLES.items()]
    return [(_("Samples"), samples), *([(_("Last calls"), real)] if real else [])]


def _call_label(call: CallSession, zone: str) -> str:
    direction = words.word(words.DIRECTIONS, call.direction).label
    outcome = words.outcome_word(call.outcome)
    parts = [moment(call.started_at, zone), direction, outcome.label if outcome else None]
    return " · ".join(str(part) for part in [*parts, masked_phone(call.client_phone)] if part)


def templates_summary(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    """What a sample call would be called in the CRM."""
    sentences = {
        Entity.CLIENT: _("A new client will be called %(text)s."),
        Entity.LEAD: _("A lead will be called %(text)s."),
        Entity.DEAL: _("A deal will be called %(text)s."),
        Entity.TASK: _("A task will say %(text)s."),
    }
    return [
        Line(fill(sentences[entity], text=strong(_quoted(settings, integration, entity))))
        for entity in Entity
    ]


def _quoted(settings: Settings, integration: Integration, entity: Entity) -> str:
    first = stored_previews(settings, integration, entity)[0]
    return _("“%(text)s”", text=first.text)
