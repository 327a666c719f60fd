"""The settings document of an integration: its shape, its defaults, and what decisions ask it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rules.phones import Phone, normalise
from rules.settings_values import Cap, Country, Day, FilledText, Id, PhoneText, Text
from rules.vocabulary import Create, Direction, Entity, OwnerRule
from rules.working_hours import Weekday


class TaskAssign(StrEnum):
    NONE = "none"
    FROM_SETTINGS = "from_settings"
    CALLER = "caller"


class AbsentManager(StrEnum):
    """What happens to a caller whose personal manager is away."""

    RING = "ring"
    DEPUTY = "deputy"
    NOT_FOUND = "not_found"


IncomingOwner = Literal[OwnerRule.ANSWERED_BY, OwnerRule.FINISHED_BY, OwnerRule.FROM_SETTINGS]
OutgoingFirstOwner = Literal[OwnerRule.CALLER, OwnerRule.FROM_SETTINGS]
OutgoingRepeatOwner = Literal[
    OwnerRule.ANSWERED_BY,
    OwnerRule.FINISHED_BY,
    OwnerRule.FROM_CLIENT_CARD,
    OwnerRule.FROM_SETTINGS,
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class FirstContact(_Part):
    create_client: bool = True
    create: Create = Create.LEAD
    owner: OwnerRule


class RepeatContact(_Part):
    create: Create = Create.NOTHING
    owner: OwnerRule


class IncomingFirst(FirstContact):
    owner: IncomingOwner = OwnerRule.ANSWERED_BY


class IncomingRepeat(RepeatContact):
    owner: IncomingOwner = OwnerRule.ANSWERED_BY


class OutgoingFirst(FirstContact):
    owner: OutgoingFirstOwner = OwnerRule.CALLER


class OutgoingRepeat(RepeatContact):
    owner: OutgoingRepeatOwner = OwnerRule.FROM_CLIENT_CARD


class PersonalManager(_Part):
    enabled: bool = False
    not_found_code: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    absent: AbsentManager = AbsentManager.RING
    deputy_user_id: Id | None = None
    address_book: bool = False


class Caps(_Part):
    user_per_minute: Cap = 10
    integration_per_minute: Cap = 60
    number_per_hour: Cap = 5


class ClickToCall(_Part):
    virtual_number: PhoneText | None = None
    allowed_countries: tuple[Country, ...] | None = None
    caps: Caps = Caps()


class Side(_Part):
    """What contacts in one direction make: `first` of an unknown number, `repeat` of a client."""

    first: FirstContact
    repeat: RepeatContact


class Incoming(Side):
    first: IncomingFirst = IncomingFirst()
    repeat: IncomingRepeat = IncomingRepeat()
    personal_manager: PersonalManager = PersonalManager()


class Outgoing(Side):
    first: OutgoingFirst = OutgoingFirst()
    repeat: OutgoingRepeat = OutgoingRepeat()
    click_to_call: ClickToCall = ClickToCall()


class TaskRule(_Part):
    assign: TaskAssign
    due_minutes: Annotated[int, Field(ge=1, le=525_600)] = 15
    once_per_client: bool = True
    close_when_reached: bool = True


class LostIncoming(TaskRule):
    assign: Literal[TaskAssign.NONE, TaskAssign.FROM_SETTINGS] = TaskAssign.NONE


class FailedOutgoing(TaskRule):
    assign: Literal[TaskAssign.NONE, TaskAssign.CALLER] = TaskAssign.NONE


class Tasks(_Part):
    lost_incoming: LostIncoming = LostIncoming()
    failed_outgoing: FailedOutgoing = FailedOutgoing()


class ClientTexts(_Part):
    name: Text | None = None
    comment: Text | None = None


class TitleTexts(_Part):
    title: Text | None = None
    comment: Text | None = None


class TaskTexts(_Part):
    text: Text | None = None


class Templates(_Part):
    client: ClientTexts | None = None
    lead: TitleTexts | None = None
    deal: TitleTexts | None = None
    task: TaskTexts | None = None

    def text_of(self, entity: Entity, field: str) -> str | None:
        """The admin's template of a field; None where the standard one is taken."""
        text: str | None = getattr(getattr(self, entity), field, None)
        return text


class Funnels(_Part):
    pipeline_id: Id | None = None
    stage_id: Id | None = None


class Responsible(_Part):
    incoming_user_id: Id | None = None
    outgoing_user_id: Id | None = None


class Ignore(_Part):
    numbers: Annotated[tuple[PhoneText, ...], Field(max_length=10_000)] = ()


class FieldRow(_Part):
    """One CRM field and the template of its value."""

    id: Id
    entity: Literal[Entity.CLIENT, Entity.LEAD, Entity.DEAL]
    target: Id
    value: FilledText
    overwrite: bool = False


class Settings(_Part):
    """A whole settings document, read-only."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    incoming: Incoming = Incoming()
    outgoing: Outgoing = Outgoing()
    tasks: Tasks = Tasks()
    templates: Templates = Templates()
    funnels: Funnels = Funnels()
    responsible: Responsible = Responsible()
    ignore: Ignore = Ignore()
    working_hours: dict[Weekday, Day] | None = None
    fields: Annotated[tuple[FieldRow, ...], Field(max_length=500)] = ()

    def side(self, direction: str) -> Side:
        """The rules for contacts in that direction. Raises ValueError for internal calls."""
        match direction:
            case Direction.INBOUND:
                return self.incoming
            case Direction.OUTBOUND:
                return self.outgoing
            case _:
                raise ValueError(f"no contact rules for direction {direction!r}")

    def responsible_for(self, direction: str) -> str | None:
        """The CRM user named for calls in that direction."""
        is_inbound = direction == Direction.INBOUND
        return (
            self.responsible.incoming_user_id if is_inbound else self.responsible.outgoing_user_id
        )

    def task_rule(self, rule: Literal["lost_incoming", "failed_outgoing"]) -> TaskRule:
        """The rule for call-back tasks: `lost_incoming` or `failed_outgoing`."""
        return self.tasks.lost_incoming if rule == "lost_incoming" else self.tasks.failed_outgoing

    def is_ignored(self, phone: Phone | str | None, country: str) -> bool:
        """Tell whether the number is on the ignore list, in whatever spelling it was typed."""
        known = normalise(phone, country=country) if not isinstance(phone, Phone) else phone
        return known is not None and known in _ignored(self.ignore.numbers, country)


def load(document: Mapping[str, Any]) -> Settings:
    """Read a document; missing members take the defaults.

    Raises pydantic's ValidationError if its shape is wrong. `settings_checks.problems` tells all
    that is wrong, also with what stands inside.
    """
    return Settings.model_validate_json(json.dumps(with_row_ids(document)))


def dump(settings: Settings) -> dict[str, Any]:
    """The full document, as it is stored and exported; loading it gives the same settings."""
    return settings.model_dump(mode="json", by_alias=True)


def with_row_ids(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with an id (`f1`, `f2`, ...) in each row of `fields` that came without one."""
    rows = document.get("fields") if isinstance(document, Mapping) else None
    if not isinstance(rows, list):
        return document
    taken = [row.get("id") for row in rows if isinstance(row, dict)]
    free = (name for name in map("f{}".format, count(1)) if name not in taken)
    return {
        **document,
        "fields": [
            {"id": next(free), **row} if isinstance(row, dict) and "id" not in row else row
            for row in rows
        ],
    }


@lru_cache(maxsize=64)
def _ignored(numbers: tuple[str, ...], country: str) -> frozenset[Phone | None]:
    return frozenset(normalise(number, country=country) for number in numbers)


DEFAULTS: dict[str, Any] = dump(Settings())
