from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from rules.call_values import Context, call_values
from rules.crm import CustomField, FieldOption
from rules.custom_fields import Phase, fill_fields, has_recording, keep_filled, phase_of
from rules.formats import Moment, Regional
from rules.reasons import Code
from rules.settings import FieldRow
from rules.templates import parse, variables_of
from rules.vocabulary import Entity
from tests.unit.rules.calls import ROW, at, event, finished, folded, incoming

RU = Regional("ru", ZoneInfo("Asia/Dubai"), "AE")
OPTIONS = (
    FieldOption("o1", "Investment"),
    FieldOption("o2", " Own use "),
    FieldOption("o3", "Дубай, Марина"),
    FieldOption("4", "5"),
    FieldOption("5", "Six"),
)
VALUES = {
    "talk_duration": 75,
    "wait_duration": 0,
    "is_transfer": False,
    "start_time": Moment(at(0), "2026-03-01 12:00:00"),
    "call_date": "01.03.2026",
    "call_time": "13:00",
    "tags": ("Investment", "OWN USE", "investment"),
    "scenario_name": "Main",
    "utm_source": "google",
}


def row(value, *, target="x", overwrite=False):
    return FieldRow(id="f", entity=Entity.LEAD, target=target, value=value, overwrite=overwrite)


def filled(kind, value, **values):
    field = CustomField("x", "X", "lead", kind, options=OPTIONS)
    return fill_fields([row(value)], VALUES | values, {"x": field}, RU)


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        pytest.param("string", "{{utm_source}}", "google", id="text"),
        pytest.param("string", "a {{utm_source}}! ", "a google!", id="text-around"),
        pytest.param("string", "{{talk_duration|duration}}", "1:15", id="filter"),
        pytest.param("phone", "+971501234567", "+971501234567", id="phone"),
        pytest.param("something_new", "{{utm_source}}", "google", id="unknown-type"),
        pytest.param("number", "{{talk_duration}}", 75, id="number"),
        pytest.param("number", "{{wait_duration}}", 0, id="zero"),
        pytest.param("number", "12 345,5", 12345.5, id="number-with-comma"),
        pytest.param("number", "-7", -7, id="negative"),
        pytest.param("number", "9007199254740993", 9007199254740993, id="beyond-2-to-53"),
        pytest.param("money", "10.50", 10.5, id="money"),
        pytest.param("boolean", "{{is_transfer}}", False, id="flag"),
        pytest.param("boolean", "ДА", True, id="russian-yes"),
        pytest.param("boolean", "1", True, id="one"),
        pytest.param("date", "{{start_time}}", "2026-03-01", id="date-of-a-time"),
        pytest.param("date", "{{start_time|date}}", "2026-03-01", id="date-as-we-write-it"),
        pytest.param("date", "{{call_date}}", "2026-03-01", id="call-date"),
        pytest.param("date", "2026-03-01 23:30:00", "2026-03-01", id="late-in-the-day"),
        pytest.param("datetime", "{{start_time}}", "2026-03-01T09:00:00+00:00", id="moment"),
        pytest.param("datetime", "{{call_date}}", "2026-02-28T20:00:00+00:00", id="midnight"),
        pytest.param("enum", "o1", "o1", id="enum-by-id"),
        pytest.param("enum", "O2", "o2", id="enum-by-id-in-capitals"),
        pytest.param("enum", "own USE", "o2", id="enum-by-title"),
        pytest.param("enum", "5", "5", id="an-id-wins-over-a-title"),
        pytest.param("multi_enum", "{{tags}}", ["o1", "o2"], id="list-without-repeats"),
        pytest.param("multi_enum", "Investment, o2", ["o1", "o2"], id="comma-separated"),
        pytest.param("multi_enum", "дубай, марина", ["o3"], id="title-with-a-comma"),
    ],
)
def test_value_in_the_type_of_the_field(kind, value, sent):
    result = filled(kind, value)

    assert result.values == {"x": sent}
    assert type(result.values["x"]) is type(sent)
    assert result.reasons == ()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("number", "{{talk_duration|duration}}", id="clock-is-no-number"),
        pytest.param("number", "{{utm_source}}", id="word-is-no-number"),
        pytest.param("number", "nan", id="nan"),
        pytest.param("boolean", "maybe", id="maybe"),
        pytest.param("date", "{{call_time}}", id="clock-is-no-date"),
        pytest.param("date", "{{talk_duration}}", id="seconds-are-no-date"),
        pytest.param("datetime", "31.02.2026", id="no-such-day"),
        pytest.param("enum", "Rent", id="no-such-option"),
        pytest.param("multi_enum", "Investment, Rent", id="one-of-several"),
        pytest.param("multi_enum", ",", id="only-commas"),
    ],
)
def test_what_does_not_fit_is_left_out_and_named(kind, value):
    result = filled(kind, value)

    assert result.values == {}
    assert [(each.code, dict(each.values)) for each in result.reasons] == [
        (Code.FIELD_LEFT_OUT, {"entity": "lead", "target": "x", "type": kind})
    ]


@pytest.mark.parametrize("value", ["{{gclid}}", "{{gclid}} {{ yclid }} ", "  "])
def test_an_empty_value_is_never_sent(value):
    assert filled("number", value).values == {}
    assert filled("number", value).reasons == ()


def test_a_field_that_we_do_not_know_takes_text():
    result = fill_fields([row("{{talk_duration}}")], VALUES, {}, RU)

    assert result.values == {"x": "75"}


def test_of_two_rows_for_one_field_the_last_that_has_a_value_counts():
    rows = [row("a", overwrite=True), row("b"), row("{{gclid}}", overwrite=True)]

    result = fill_fields(rows, VALUES, {}, RU)

    assert (result.values, result.keep) == ({"x": "b"}, frozenset({"x"}))


@pytest.mark.parametrize(
    ("overwrite", "present", "sent"),
    [
        pytest.param(False, None, True, id="absent"),
        pytest.param(False, "", True, id="empty-text"),
        pytest.param(False, [], True, id="empty-list"),
        pytest.param(False, "old", False, id="filled"),
        pytest.param(False, 0, False, id="zero-is-filled"),
        pytest.param(False, False, False, id="no-is-filled"),
        pytest.param(True, "old", True, id="overwrite"),
    ],
)
def test_a_filled_field_is_kept_unless_overwritten(overwrite, present, sent):
    result = fill_fields([row("new", overwrite=overwrite)], VALUES, {}, RU)

    values, reasons = keep_filled(result, {"x": present}, Entity.LEAD)

    assert values == ({"x": "new"} if sent else {})
    assert [each.code for each in reasons] == ([] if sent else [Code.FIELD_KEPT])


def test_a_row_that_overwrites_stands_beside_one_that_does_not():
    rows = [row("new", target="a", overwrite=True), row("new", target="b")]

    result = fill_fields(rows, VALUES, {}, RU)

    assert keep_filled(result, {"a": "old", "b": "old"}, Entity.LEAD)[0] == {"a": "new"}


RECORD = event("record_ready", 60, file_link="https://m/1")
ENDED = [incoming(), finished(23)]


@pytest.mark.parametrize(
    ("value", "events", "around", "phase"),
    [
        pytest.param("fixed", [incoming()], {}, Phase.CREATE, id="no-variables"),
        pytest.param("{{contact_phone_number}}", [incoming()], {}, Phase.CREATE, id="phone"),
        pytest.param("{{talk_duration}}", [incoming()], {}, Phase.END, id="duration"),
        pytest.param("{{talk_duration}}", ENDED, {}, Phase.CREATE, id="duration-at-the-end"),
        pytest.param("{{utm_source}}", ENDED, {}, Phase.END, id="marketing"),
        pytest.param("{{utm_source}}", ENDED, {"report": ROW}, Phase.CREATE, id="report-read"),
        pytest.param("{{utm_source}}", [incoming(utm_source="x")], {}, Phase.CREATE, id="told"),
        pytest.param("{{record_link}}", ENDED, {}, Phase.RECORDING, id="recording"),
        pytest.param("{{record_link}} {{gclid}}", ENDED, {}, Phase.RECORDING, id="the-latest"),
        pytest.param("{{recording_url}}", [*ENDED, RECORD], {}, Phase.CREATE, id="it-is-there"),
    ],
)
def test_phase_of_a_row(value, events, around, phase):
    call = folded(*events, **around)
    values = call_values(call, Context(), RU)

    assert phase_of(variables_of(parse(value)), call, values) is phase


@pytest.mark.parametrize(
    ("value", "expected"),
    [("{{record_link}}", True), ("{{recording_url}} {{tags}}", True), ("{{tags}}", False)],
)
def test_rows_with_a_recording_are_told_from_the_others(value, expected):
    assert has_recording(row(value)) is expected
