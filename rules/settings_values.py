"""The kinds of value that the settings document is made of."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from rules.phones import normalise
from rules.working_hours import END_OF_DAY, minutes_of


def _phone_text(text: str) -> str:
    if normalise(text, country="") is None:
        raise PydanticCustomError("not_a_number", "not a phone number")
    return text


def _country(text: str) -> str:
    if text not in SUPPORTED_REGIONS:
        raise PydanticCustomError("unknown_country", "not a country code")
    return text


def _span(span: tuple[str, str]) -> tuple[str, str]:
    if minutes_of(span[0]) >= minutes_of(span[1]):
        raise PydanticCustomError("span_backwards", "a span ends after it starts")
    return span


def _day(spans: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    ordered = sorted(spans)
    if any(before[1] > after[0] for before, after in pairwise(ordered)):
        raise PydanticCustomError("spans_overlap", "spans of a day may not overlap")
    return spans


# NUL is refused because PostgreSQL cannot store it.
NO_NUL = r"^[^\x00]*$"
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Text = Annotated[str, StringConstraints(max_length=4000, pattern=NO_NUL)]
FilledText = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NO_NUL)]
PhoneText = Annotated[Id, AfterValidator(_phone_text)]
Country = Annotated[str, AfterValidator(_country)]
From = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Till = Annotated[str, StringConstraints(pattern=rf"^(([01][0-9]|2[0-3]):[0-5][0-9]|{END_OF_DAY})$")]
Day = Annotated[
    tuple[Annotated[tuple[From, Till], AfterValidator(_span)], ...], AfterValidator(_day)
]
Cap = Annotated[int, Field(ge=1, le=100_000)]
