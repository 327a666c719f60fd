"""Which references settings need, and which of them the CRM no longer has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.crm import CrmUser, CustomField, Pipeline
from rules.decide import MAKES
from rules.settings import AbsentManager, Settings, Side, TaskAssign
from rules.settings_shape import Problem
from rules.vocabulary import Create, Entity, OwnerRule

_WITH_DEAL = frozenset({Create.DEAL, Create.LEAD_AND_DEAL})
_DEPUTY = "incoming.personal_manager.deputy_user_id"
_RESPONSIBLE = ("responsible.incoming_user_id", "responsible.outgoing_user_id")


@dataclass(frozen=True)
class References:
    """What the CRM has now; None for a kind of thing that is not known (it is not checked)."""

    users: frozenset[str] | None = None
    pipelines: Mapping[str, frozenset[str]] | None = None  # deal pipelines -> their stages
    fields: Mapping[str, frozenset[str]] | None = None  # entity -> field keys
    # Those without which it refuses a create.
    required_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        users: Iterable[CrmUser] | None = None,
        pipelines: Iterable[Pipeline] | None = None,
        fields: Collection[CustomField] | None = None,
    ) -> References:
        """Made of what the CRM lists; only active users and pipelines of deals can be chosen."""
        return cls(
            users=None if users is None else frozenset(u.id for u in users if u.active),
            pipelines=None if pipelines is None else _stages_by_pipeline(pipelines),
            fields=None if fields is None else _keys_by_entity(fields),
            required_fields=_keys_by_entity(each for each in fields or () if each.required),
        )


NOTHING_KNOWN = References()


def required(settings: Settings) -> Iterator[Problem]:
    """References that are empty although some setting needs them; `because` names those."""
    for path, because in needs(settings).items():
        if _value(settings, path) is None:
            yield Problem(path, "required", {"because": because})


def missing(settings: Settings, known: References) -> Iterator[Problem]:
    """Users, pipelines and stages that are chosen, count, and are gone from the CRM.

    A responsible always counts, because every owner rule falls back on him.
    """
    needed = needs(settings)
    users = (*_RESPONSIBLE, _DEPUTY) if _DEPUTY in needed else _RESPONSIBLE
    for path in users if known.users is not None else ():
        user_id = _value(settings, path)
        if user_id is not None and user_id not in (known.users or ()):
            yield _gone(path, "user", user_id)
    if "funnels.pipeline_id" in needed and known.pipelines is not None:
        yield from _missing_funnel(settings, known.pipelines)


def missing_fields(
    rows: Iterable[tuple[int, Mapping[str, Any]]], known: References
) -> Iterator[Problem]:
    """Rows of `fields` whose target the CRM does not have for that entity."""
    for place, row in rows if known.fields is not None else ():
        target, entity = row.get("target"), str(row.get("entity"))
        if isinstance(target, str) and target not in (known.fields or {}).get(entity, ()):
            yield _gone(f"fields.{place}.target", "field", target)


def unfilled_fields(settings: Settings, known: References) -> Iterator[Problem]:
    """Fields that the CRM requires and no row fills: it would refuse every create of that kind."""
    filled = {(row.entity, row.target) for row in settings.fields}
    for entity in sorted(_created(settings)):
        for key in sorted(known.required_fields.get(entity, ())):
            if (entity, key) not in filled:
                yield Problem("fields", "required_field", {"entity": str(entity), "target": key})


def _created(settings: Settings) -> set[Entity]:
    """What the rules for contacts create at all."""
    made: set[Entity] = set()
    for side in (settings.incoming, settings.outgoing):
        if side.first.create_client:
            made |= {Entity.CLIENT, *MAKES[side.first.create]}
        made |= set(MAKES[side.repeat.create])
    return made


def needs(settings: Settings) -> dict[str, list[str]]:
    """Which references are needed, and by which settings."""
    needed: dict[str, list[str]] = defaultdict(list)
    for name, side in (("incoming", settings.incoming), ("outgoing", settings.outgoing)):
        _side_needs(needed, name, side)
    if settings.tasks.lost_incoming.assign is TaskAssign.FROM_SETTINGS:
        needed["responsible.incoming_user_id"].append("tasks.lost_incoming.assign")
    manager = settings.incoming.personal_manager
    if manager.enabled and manager.absent is AbsentManager.DEPUTY:
        needed[_DEPUTY].append("incoming.personal_manager.absent")
    return needed


def _side_needs(needs: dict[str, list[str]], name: str, side: Side) -> None:
    makes_client = side.first.create_client
    for contact, rule, is_owned in (
        ("first", side.first, makes_client),
        ("repeat", side.repeat, side.repeat.create is not Create.NOTHING),
    ):
        if is_owned and rule.owner is OwnerRule.FROM_SETTINGS:
            needs[f"responsible.{name}_user_id"].append(f"{name}.{contact}.owner")
        if is_owned and rule.create in _WITH_DEAL:
            needs["funnels.pipeline_id"].append(f"{name}.{contact}.create")
            needs["funnels.stage_id"].append(f"{name}.{contact}.create")


def _value(settings: Settings, path: str) -> Any:
    value: Any = settings
    for step in path.split("."):
        value = getattr(value, step)
    return value


def _missing_funnel(
    settings: Settings, pipelines: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    pipeline_id, stage_id = settings.funnels.pipeline_id, settings.funnels.stage_id
    if pipeline_id is None:
        return
    if pipeline_id not in pipelines:
        yield _gone("funnels.pipeline_id", "pipeline", pipeline_id)
    elif stage_id is not None and stage_id not in pipelines[pipeline_id]:
        yield _gone("funnels.stage_id", "stage", stage_id)


def _gone(path: str, what: str, reference: str) -> Problem:
    return Problem(path, "missing_reference", {"what": what, "id": reference})


def _stages_by_pipeline(pipelines: Iterable[Pipeline]) -> dict[str, frozenset[str]]:
    return {
        pipeline.id: frozenset(stage.id for stage in pipeline.stages)
        for pipeline in pipelines
        if pipeline.entity == "deal"
    }


def _keys_by_entity(fields: Iterable[CustomField]) -> dict[str, frozenset[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    for each in fields:
        keys[each.entity].add(each.key)
    return {entity: frozenset(found) for entity, found in keys.items()}
