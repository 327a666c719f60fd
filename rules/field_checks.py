"""What a row of the additional fields would send, and whether the CRM's field can take it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.crm import CustomField
from rules.custom_fields import NotConvertible, convert
from rules.formats import Regional, Value
from rules.settings import FieldRow, Settings
from rules.templates import InvalidTemplate, Placeholder, Template, parse, render, variables_of
from rules.variables import VARIABLES, Known, Variable
from rules.vocabulary import Entity

# Types of which not every text can be made.
STRICT = frozenset({"number", "money", "boolean", "date", "datetime", "enum", "multi_enum"})
CHOICES = frozenset({"enum", "multi_enum"})
_PLAIN = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class RowCheck:
    """`sample` is what the row would send of an example call; None if the template is wrong.

    `fits` tells whether the field's type takes that sample; None where any text will do, or where
    nothing can be told. `late`: the value is known only after the create.
    """

    sample: str | None
    fits: bool | None
    is_late: bool


def plain_variable(value: str) -> str | None:
    """The variable of a row that is nothing but one parameter; None for any other text."""
    match = _PLAIN.fullmatch(value)
    return match[1] if match and match[1] in VARIABLES else None


def check_row(
    value: str, field: CustomField | None, samples: Mapping[str, Value], regional: Regional
) -> RowCheck:
    """Try a row on example values. Total: a wrong template has no sample."""
    try:
        template = parse(value)
    except InvalidTemplate:
        return RowCheck(None, None, False)
    sample = render(template, samples, regional).strip()
    is_late = any(each.known is not Known.START for each in variables_of(template))
    is_told = field is not None and field.type in STRICT and sample
    fits = _fits(template, sample, field, samples, regional) if is_told else None
    return RowCheck(sample, fits, is_late)


def late_variables(rows: Iterable[FieldRow]) -> tuple[Variable, ...]:
    """The variables of these rows that are known only after the create, each once."""
    used = (each for row in rows for each in _variables(row.value))
    return tuple(dict.fromkeys(each for each in used if each.known is not Known.START))


def unfilled(
    entity: Entity, fields: Sequence[CustomField], settings: Settings
) -> tuple[CustomField, ...]:
    """Fields that the CRM requires and no row fills: it would refuse the create."""
    filled = {row.target for row in settings.fields if row.entity is entity}
    return tuple(each for each in fields if each.required and each.key not in filled)


def _variables(value: str) -> tuple[Variable, ...]:
    """Those of a template; none of a wrong one."""
    try:
        return variables_of(parse(value))
    except InvalidTemplate:
        return ()


def _fits(
    template: Template,
    sample: str,
    field: CustomField | None,
    samples: Mapping[str, Value],
    regional: Regional,
) -> bool:
    match template.parts:
        case (Placeholder() as only,) if not only.filters:
            raw = samples.get(only.variable)
        case _:
            raw = None
    try:
        convert(sample, field, raw, regional)
    except NotConvertible:
        return False
    return True
