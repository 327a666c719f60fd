"""A plan as cards: one for each thing in Behomes, each line with its value and its setting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints import words
from blueprints.reasons import Names
from blueprints.shown import moment, phone
from blueprints.words import Word
from rules.causes import field_path, side_of
from rules.choices import Choices
from rules.decide import Decision
from rules.plan import Plan, PlannedEntity
from rules.settings import Settings
from rules.vocabulary import Entity

LABELS: Mapping[str, LazyString] = {
    "name": _l("Client's name"),
    "title": _l("Title"),
    "comment": _l("Comment"),
    "text": _l("Text"),
    "phones": _l("Phone"),
    "phone": _l("Phone"),
    "responsible_user_id": _l("Responsible"),
    "pipeline_id": _l("Funnel"),
    "stage_id": _l("Stage"),
    "due_at": _l("Due"),
}
TEXTS = frozenset({"name", "title", "comment", "text"})
# They are the same for every call, or stand on their own in the card.
NOT_SHOWN = frozenset({"source", "type", "custom_fields"})


@dataclass(frozen=True)
class Row:
    """`other` is the value by the other settings, where it differs."""

    key: str
    label: str
    value: str
    path: str | None = None
    is_late: bool = False
    is_changed: bool = False
    other: str = ""


@dataclass(frozen=True)
class Card:
    """`only` says that this thing is made by these settings alone (`here`) or only by the other
    ones (`there`)."""

    entity: Entity
    word: Word
    is_new: bool
    rows: tuple[Row, ...]
    links: tuple[Word, ...] = ()
    only: str = ""

    @property
    def is_changed(self) -> bool:
        return bool(self.only) or any(row.is_changed for row in self.rows)


@dataclass(frozen=True)
class Shown:
    """What values are shown with."""

    settings: Settings
    choices: Choices
    names: Names
    zone: str
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def cards_of(plan: Plan, shown: Shown) -> list[Card]:
    """The cards of a plan, in the order in which the things are made."""
    return [
        Card(
            each.entity,
            words.ENTITIES[each.entity],
            each.is_new,
            tuple(_rows(each, plan, shown)),
            tuple(words.ENTITIES[link] for link in each.links),
        )
        for each in plan.entities
    ]


def compared(cards: list[Card], others: list[Card]) -> list[Card]:
    """The cards with what differs from the others marked; at last what only the others make."""
    known = {card.entity: card for card in others}
    found = [_compared(card, known.get(card.entity)) for card in cards]
    mine = {card.entity for card in cards}
    return found + [replace(card, only="there") for card in others if card.entity not in mine]


def _compared(card: Card, other: Card | None) -> Card:
    if other is None:
        return replace(card, only="here")
    values = {row.key: row.value for row in other.rows}
    rows = [
        replace(row, is_changed=True, other=values.get(row.key, ""))
        if values.get(row.key) != row.value
        else row
        for row in card.rows
    ]
    mine = {row.key for row in card.rows}
    gone = [
        replace(row, is_changed=True, other=row.value, value="")
        for row in other.rows
        if row.key not in mine
    ]
    return replace(card, rows=(*rows, *gone))


def _rows(entity: PlannedEntity, plan: Plan, shown: Shown) -> Iterator[Row]:
    body = dict(entity.body)
    if entity.is_new and "responsible_user_id" not in body:
        body["responsible_user_id"] = None
    for key, value in body.items():
        if key in NOT_SHOWN or (key == "comment" and not value):
            continue
        text = SPOKEN[key](value, body, shown) if key in SPOKEN else str(value or "")
        path = _path(entity.entity, key, plan, shown.settings)
        yield Row(key, str(LABELS.get(key, key)), text or "–", path, key in entity.late)
    titles = shown.fields.get(entity.entity, {})
    for target, value in body.get("custom_fields", {}).items():
        known = titles.get(target)
        yield Row(
            f"field:{target}",
            known.title if known else target,
            _plain(value, known),
            field_path(shown.settings, entity.entity, target),
            target in entity.late,
        )


def _path(entity: Entity, key: str, plan: Plan, settings: Settings) -> str | None:
    verdict = plan.verdict
    if key in TEXTS:
        return f"templates.{entity}.{key}"
    if key in ("pipeline_id", "stage_id"):
        return f"funnels.{key}"
    if key == "due_at" and verdict.task:
        return f"tasks.{verdict.task.rule}.due_minutes"
    if key == "responsible_user_id":
        return _owner_path(entity, plan, verdict.contact, verdict.task)
    return None


def _owner_path(
    entity: Entity, plan: Plan, contact: Decision | None, task: Decision | None
) -> str | None:
    if entity is Entity.TASK:
        return f"tasks.{task.rule}.assign" if task else None
    return f"{side_of(plan.facts.direction)}.{contact.contact}.owner" if contact else None


def _responsible(value: Any, _body: Mapping[str, Any], shown: Shown) -> str:
    return shown.names.user(value) if value else _("nobody")


def _phones(value: Any, _body: Mapping[str, Any], _shown: Shown) -> str:
    numbers = value if isinstance(value, list) else [value]
    return ", ".join(phone(number) for number in numbers if number)


def _pipeline(value: Any, _body: Mapping[str, Any], shown: Shown) -> str:
    found = shown.choices.find_pipeline(value)
    return found.name if found else str(value or _("not chosen"))


def _stage(value: Any, body: Mapping[str, Any], shown: Shown) -> str:
    found = shown.choices.find_stage(body.get("pipeline_id"), value)
    return found.name if found else str(value or _("not chosen"))


def _due(value: Any, _body: Mapping[str, Any], shown: Shown) -> str:
    return moment(datetime.fromisoformat(value), shown.zone)


SPOKEN: Mapping[str, Callable[[Any, Mapping[str, Any], Shown], str]] = {
    "responsible_user_id": _responsible,
    "phones": _phones,
    "phone": _phones,
    "pipeline_id": _pipeline,
    "stage_id": _stage,
    "due_at": _due,
}


def _plain(value: Any, known: Any) -> str:
    """A value of a custom field; of an enumeration the titles of its options."""
    titles = {option.id: option.title for option in known.options} if known else {}
    values = value if isinstance(value, list) else [value]
    return ", ".join(
        {True: _("yes"), False: _("no")}[each]
        if isinstance(each, bool)
        else titles.get(str(each), str(each))
        for each in values
    )
