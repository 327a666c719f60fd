"""The usual six are found by the names of fields, in both languages, and never twice."""

from __future__ import annotations

import pytest

from rules.crm import CustomField
from rules.field_suggestions import USUAL, suggest
from rules.templates import errors_of


def field(key: str, title: str = "", kind: str = "string") -> CustomField:
    return CustomField(key, title or key, "lead", kind)


def pairs(*fields: CustomField, taken=(), filled=()) -> dict[str, str]:
    found = suggest(fields, taken, filled).found
    return {each.field.key: each.value for each in found}


@pytest.mark.parametrize(
    ("key", "title", "value"),
    [
        ("f_1", "Источник звонка", "{{source_name}}"),
        ("f_1", "ИСТОЧНИК", "{{source_name}}"),
        ("lead_source", "Whatever", "{{source_name}}"),
        ("utm_source", "UTM source", "{{utm_source}}"),
        ("f_1", "Рекламная кампания", "{{campaign_name}}"),
        ("campaignName", "Поле 7", "{{campaign_name}}"),
        ("utm_campaign", "UTM", "{{utm_campaign}}"),
        ("f_1", "Канал", "{{channel}}"),
        ("utmMedium", "x", "{{utm_medium}}"),
        ("f_1", "Виртуальный номер", "{{virtual_phone_number|phone}}"),
        ("called_number", "Called number", "{{virtual_phone_number|phone}}"),
        ("f_1", "Ссылка на запись", "{{recording_url}}"),
        ("recording_link", "Recording", "{{recording_url}}"),
        ("f_1", "Длительность разговора, с", "{{talk_duration}}"),
        ("talk_seconds", "Talk time, s", "{{talk_duration}}"),
    ],
)
def test_usual_field_is_found_by_key_or_title(key, title, value):
    assert pairs(field(key, title)) == {key: value}
    assert errors_of(value) == ()


def test_what_was_not_found_is_told():
    assert suggest([], ()).missing == tuple(USUAL)
    assert suggest([field("channel")], ()).missing == tuple(
        each for each in USUAL if each != "channel"
    )


def test_sure_name_wins_over_a_likely_one():
    assert pairs(field("utm_source"), field("x", "Источник")) == {"x": "{{source_name}}"}


def test_one_field_is_given_once():
    both = field("source", "Channel")

    assert len(pairs(both)) == 1


def test_existing_rows_are_left_alone():
    assert pairs(field("channel"), taken=["channel"]) == {}
    assert pairs(field("source"), field("channel"), filled=["utm_source"]) == {
        "channel": "{{channel}}"
    }
    assert "source_name" not in suggest([], (), ["source_name"]).missing


@pytest.mark.parametrize(
    ("key", "kind", "fits"),
    [
        ("source", "number", False),
        ("source", "enum", True),
        ("channel", "date", False),
        ("talk_duration", "number", True),
        ("talk_duration", "datetime", False),
        ("recording_url", "url", True),
    ],
)
def test_field_of_a_type_that_can_never_hold_it_is_passed_by(key, kind, fits):
    assert bool(pairs(field(key, kind=kind))) is fits


@pytest.mark.parametrize("title", ["resource", "Источники", "Каналы продаж", "{{channel}}<b>", ""])
def test_other_words_are_no_match(title):
    found = pairs(field("f_1", title))

    assert found == ({"f_1": "{{channel}}"} if title == "{{channel}}<b>" else {})
