"""Which fields of the CRM most likely take the usual six facts of a call: by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rules.crm import CustomField

Names = tuple[str, ...]

# The usual fact, named by its variable -> what it is filled from and how such a field is called,
# the surest first: lower case, words apart by one space. Fields are compared by key and by title.
USUAL: Mapping[str, tuple[tuple[str, Names], ...]] = MappingProxyType(
    {
        "source_name": (
            ("source_name", ("источник звонка", "источник обращения", "рекламный источник")),
            ("source_name", ("call source", "traffic source", "lead source", "источник трафика")),
            ("source_name", ("источник", "source")),
            ("utm_source", ("utm source",)),
        ),
        "campaign_name": (
            ("campaign_name", ("рекламная кампания", "название рекламной кампании", "кампания")),
            ("campaign_name", ("advertising campaign", "ad campaign", "campaign name", "campaign")),
            ("utm_campaign", ("utm campaign",)),
        ),
        "channel": (
            ("channel", ("рекламный канал", "канал рекламы", "канал трафика", "канал")),
            ("channel", ("marketing channel", "traffic channel", "channel")),
            ("utm_medium", ("utm medium",)),
        ),
        "virtual_phone_number": (
            ("virtual_phone_number", ("виртуальный номер", "подменный номер", "номер линии")),
            ("virtual_phone_number", ("virtual number", "virtual phone number", "line number")),
            ("virtual_phone_number", ("called number", "dialled number", "dialed number")),
        ),
        "recording_url": (
            ("recording_url", ("ссылка на запись", "запись разговора", "запись звонка", "запись")),
            ("recording_url", ("recording link", "recording url", "call recording", "record link")),
            ("recording_url", ("recording",)),
        ),
        "talk_duration": (
            ("talk_duration", ("длительность разговора", "длительность звонка", "длительность")),
            ("talk_duration", ("talk duration", "call duration", "talk time", "talk seconds")),
            ("talk_duration", ("duration",)),
        ),
    }
)
# Types into which these values never convert.
_UNFIT: Mapping[str, frozenset[str]] = MappingProxyType(
    {"talk_duration": frozenset({"date", "datetime", "enum", "multi_enum", "boolean"})}
)
_UNFIT_TEXTS = frozenset({"date", "datetime", "boolean", "number", "money"})
# Written with a filter where the bare value would be hard to read.
_FILTERS: Mapping[str, str] = MappingProxyType({"virtual_phone_number": "phone"})


@dataclass(frozen=True)
class Suggestion:
    variable: str
    field: CustomField

    @property
    def value(self) -> str:
        """The template of the row."""
        name = _FILTERS.get(self.variable)
        return "{{" + self.variable + (f"|{name}" if name else "") + "}}"


@dataclass(frozen=True)
class Suggestions:
    """`missing` are the usual six for which no field was found."""

    found: tuple[Suggestion, ...]
    missing: tuple[str, ...]


def suggest(
    fields: Sequence[CustomField], taken: Collection[str], filled: Collection[str] = ()
) -> Suggestions:
    """Pair the usual six with fields whose keys are not `taken` by a row; each is given once.

    What a row passes on already (its variable is in `filled`) is neither found nor missing.
    """
    used = set(taken)
    found, missing = [], []
    for usual, ways in USUAL.items():
        if any(variable in filled for variable, _ in ways):
            continue
        suggestion = next(_candidates(usual, fields, used), None)
        if suggestion is None:
            missing.append(usual)
            continue
        used.add(suggestion.field.key)
        found.append(suggestion)
    return Suggestions(tuple(found), tuple(missing))


def _candidates(
    usual: str, fields: Sequence[CustomField], used: Collection[str]
) -> Iterator[Suggestion]:
    """Fields of that name: whole names first, then names that begin with one."""
    unfit = _UNFIT.get(usual, _UNFIT_TEXTS)
    free = [each for each in fields if each.key not in used and each.type not in unfit]
    names = {each.key: (_words(each.key), _words(each.title)) for each in free}
    ways = [(variable, name) for variable, wanted in USUAL[usual] for name in wanted]
    for variable, name in ways:
        yield from (Suggestion(variable, each) for each in free if name in names[each.key])
    for variable, name in ways:
        for each in free:
            if any(own.startswith(f"{name} ") for own in names[each.key]):
                yield Suggestion(variable, each)


def _words(name: str) -> str:
    """`UTM_Source` and `utmSource` become `utm source`."""
    apart = re.sub(r"(?<=[a-zа-яё0-9])(?=[A-ZА-ЯЁ])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", apart.casefold()))
