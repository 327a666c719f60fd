"""Which custom fields a call fills, when, and with what value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from rules.call_values import is_settled
from rules.crm import CustomField
from rules.facts import CallFacts
from rules.formats import Moment, Regional, Value
from rules.reasons import Code, Reason, because
from rules.settings import FieldRow
from rules.templates import Placeholder, Template, parse, render, variables_of
from rules.times import read_time
from rules.variables import Known, Variable
from rules.vocabulary import Entity

TRUE_WORDS = frozenset({"true", "yes", "1", "да"})
FALSE_WORDS = frozenset({"false", "no", "0", "нет"})


class Phase(StrEnum):
    """When a row goes: with the create, after the end of the call, or with the recording."""

    CREATE = "create"
    END = "end"
    RECORDING = "recording"


@dataclass(frozen=True)
class Filled:
    """Values of custom fields, and why rows were left out. `keep` are the targets that must not
    replace what the CRM holds already."""

    values: Mapping[str, Any]
    keep: frozenset[str]
    reasons: tuple[Reason, ...]


class NotConvertible(ValueError):
    """The value does not fit the type of the CRM's field."""


def phase_of(variables: Iterable[Variable], facts: CallFacts, values: Mapping[str, Value]) -> Phase:
    """The first phase in which all of these variables have their final value."""
    open_ones = [each for each in variables if not is_settled(each, facts, values)]
    if any(each.known is Known.RECORDING for each in open_ones):
        return Phase.RECORDING
    return Phase.END if open_ones else Phase.CREATE


def has_recording(row: FieldRow) -> bool:
    """Rows with a recording variable go with the recording, even if it is there early."""
    return any(each.known is Known.RECORDING for each in variables_of(parse(row.value)))


def fill_fields(
    rows: Sequence[FieldRow],
    values: Mapping[str, Value],
    fields: Mapping[str, CustomField],
    regional: Regional,
) -> Filled:
    """Render rows into the types of the CRM's fields; empty values are never sent."""
    filled: dict[str, Any] = {}
    keep: set[str] = set()
    reasons = []
    for row in rows:
        template = parse(row.value)
        if not (text := render(template, values, regional).strip()):
            continue
        kind = fields.get(row.target)
        try:
            filled[row.target] = convert(text, kind, _raw(template, values), regional)
            # Of several rows for one field the last that has a value counts.
            (keep.discard if row.overwrite else keep.add)(row.target)
        except NotConvertible:
            why = {"entity": str(row.entity), "target": row.target}
            reasons.append(
                because(Code.FIELD_LEFT_OUT, **why, type=kind.type if kind else "string")
            )
    return Filled(filled, frozenset(keep), tuple(reasons))


def keep_filled(
    filled: Filled, present: Mapping[str, Any], entity: Entity
) -> tuple[dict[str, Any], tuple[Reason, ...]]:
    """Leave out what the CRM holds already, where the row does not overwrite."""
    kept = {target for target in filled.keep if not is_empty(present.get(target))}
    values = {target: value for target, value in filled.values.items() if target not in kept}
    why = tuple(
        because(Code.FIELD_KEPT, entity=str(entity), target=target) for target in sorted(kept)
    )
    return values, why


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def convert(text: str, field: CustomField | None, raw: Value, regional: Regional) -> Any:
    """A text as JSON for a field of the CRM. Raises NotConvertible."""
    converter = CONVERTERS.get(field.type) if field else None
    return converter(text, field, raw, regional) if converter and field else text


def _number(text: str, field: CustomField, raw: Value, regional: Regional) -> Any:
    compact = re.sub(r"[\s\u00a0_]", "", text).replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,9})?", compact):
        raise NotConvertible(text)
    return float(compact) if "." in compact else int(compact)


def _boolean(text: str, field: CustomField, raw: Value, regional: Regional) -> Any:
    word = text.casefold()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise NotConvertible(text)


def _date(text: str, field: CustomField, raw: Value, regional: Regional) -> Any:
    return _moment(text, raw, regional).astimezone(regional.zone).date().isoformat()


def _datetime(text: str, field: CustomField, raw: Value, regional: Regional) -> Any:
    return _moment(text, raw, regional).astimezone(UTC).isoformat()


def _moment(text: str, raw: Value, regional: Regional) -> datetime:
    known = raw.at if isinstance(raw, Moment) else raw
    if not isinstance(known, datetime):
        known = read_time(text, regional.zone) or _written_date(text, regional)
    if known is None:
        raise NotConvertible(text)
    return known


def _written_date(text: str, regional: Regional) -> datetime | None:
    """The date as our own `date` filter writes it in Russian: 01.03.2026."""
    try:
        return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=regional.zone)
    except ValueError:
        return None


def _enum(text: str, field: CustomField, raw: Value, regional: Regional) -> Any:
    option_id = _option(text, field)
    if option_id is None:
        raise NotConvertible(text)
    return option_id


def _enums(text: str, field: CustomField, raw: Value, regional: Regional) -> Any:
    if (whole := _option(text, field)) is not None:  # a title may hold a comma
        return [whole]
    parts = [
        str(part).strip() for part in (raw if isinstance(raw, (list, tuple)) else text.split(","))
    ]
    chosen = [_enum(part, field, raw, regional) for part in parts if part]
    if not chosen:
        raise NotConvertible(text)
    return list(dict.fromkeys(chosen))


def _option(text: str, field: CustomField) -> str | None:
    """The option with that id; else, since an id may look like another's title, with that title."""
    word = text.strip().casefold()
    ids = [option.id for option in field.options if option.id.casefold() == word]
    titles = [option.id for option in field.options if option.title.strip().casefold() == word]
    return next(iter(ids + titles), None)


Converter = Callable[[str, CustomField, Value, Regional], Any]
CONVERTERS: dict[str, Converter] = {
    "number": _number,
    "money": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "enum": _enum,
    "multi_enum": _enums,
}


def _raw(template: Template, values: Mapping[str, Value]) -> Value:
    """The value itself where the template is one bare variable: a date stays a date."""
    match template.parts:
        case (Placeholder() as only,) if not only.filters:
            return values.get(only.variable)
        case _:
            return None
