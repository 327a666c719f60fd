from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.formats import Moment, Regional
from rules.phones import Phone
from rules.standard_templates import ENTITY_FIELDS, STANDARD, standard_template
from rules.templates import InvalidTemplate, errors_of, parse, render, variables_of
from rules.variables import ALIASES, VARIABLES, Known, find_variable
from rules.vocabulary import Entity

RU = Regional("ru", ZoneInfo("Asia/Dubai"), "AE")
EN = Regional("en", ZoneInfo("Asia/Dubai"), "AE")
EVENING = datetime(2026, 3, 1, 21, 5, 7, 101000, tzinfo=UTC)  # the next day in Dubai
VALUES = {
    "contact_phone_number": "971501234567",
    "virtual_phone_number": Phone("97140000001", False),
    "client_name": " Анна ",
    "talk_duration": 75,
    "tags": ("vip", "sale"),
    "is_transfer": False,
    "start_time": Moment(EVENING, "2026-03-02 01:05:07.101"),
    "wait_duration": None,
}


def filled(text, regional=RU, **values):
    return render(parse(text), {**VALUES, **values}, regional)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Звонок", "Звонок", id="no-variables"),
        pytest.param("", "", id="empty"),
        pytest.param("{a} }} {", "{a} }} {", id="single-braces-are-text"),
        pytest.param("{{contact_phone_number}}", "971501234567", id="phone-as-sent"),
        pytest.param("{{contact_phone_number|phone}}", "+971501234567", id="phone"),
        pytest.param("{{virtual_phone_number}}", "97140000001", id="raw-phone-as-sent"),
        pytest.param("{{virtual_phone_number|phone}}", "97140000001", id="raw-phone"),
        pytest.param("{{start_time}}", "2026-03-02 01:05:07.101", id="time-as-sent"),
        pytest.param("{{start_time|date}}", "02.03.2026", id="date-in-the-zone"),
        pytest.param("{{start_time|time}}", "01:05", id="time-in-the-zone"),
        pytest.param("{{talk_duration}}", "75", id="seconds-as-sent"),
        pytest.param("{{talk_duration|duration}}", "1:15", id="duration"),
        pytest.param("{{talk_time_duration|duration}}", "1:15", id="macro-name-of-the-pbx"),
        pytest.param("{{tags}}", "vip, sale", id="list"),
        pytest.param("{{is_transfer}}", "false", id="flag"),
        pytest.param("[{{wait_duration}}{{gclid}}]", "[]", id="absent"),
        pytest.param(
            "[{{wait_duration|duration}}{{gclid|phone|date}}]", "[]", id="absent-filtered"
        ),
        pytest.param("{{client_name|trim|upper}}!", "АННА!", id="chain"),
        pytest.param('{{gclid|default:"нет | }} \\"да\\""}}', 'нет | }} "да"', id="default"),
        pytest.param('{{client_name|trim|default:"x"}}', "Анна", id="default-not-needed"),
        pytest.param('{{gclid|default:"75"|duration}}', "1:15", id="filter-after-default"),
        pytest.param("{{ client_name | trim }}", "Анна", id="blanks-between"),
        pytest.param("{{client_name|phone}}", " Анна ", id="phone-of-a-name"),
        pytest.param(
            "{{client_name|duration}}{{tags|date}}", " Анна vip, sale", id="no-such-value"
        ),
    ],
)
def test_filling(text, expected):
    assert filled(text) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0, "0:00", id="none"),
        pytest.param(59, "0:59", id="seconds"),
        pytest.param(3599, "59:59", id="under-an-hour"),
        pytest.param(3600, "1:00:00", id="an-hour"),
        pytest.param("90", "1:30", id="text"),
        pytest.param(90.0, "1:30", id="decimal"),
    ],
)
def test_duration(seconds, expected):
    assert filled("{{talk_duration|duration}}", talk_duration=seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(EVENING, "2026-03-02 01:05 2026-03-02 01:05:07.101", id="moment"),
        pytest.param(
            EVENING.replace(microsecond=0), "2026-03-02 01:05 2026-03-02 01:05:07", id="seconds"
        ),
        pytest.param(
            "2026-03-02 01:05:07", "2026-03-02 01:05 2026-03-02 01:05:07", id="text-of-the-zone"
        ),
        pytest.param("soon", "soon soon soon", id="text"),
        pytest.param("0001-01-01T00", "0001-01-01T00 0001-01-01T00 0001-01-01T00", id="year-one"),
    ],
)
def test_times_in_english(value, expected):
    text = "{{start_time|date}} {{start_time|time}} {{start_time}}"

    assert filled(text, EN, start_time=value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Лид {{contact_fone}}",
            [("unknown_variable", 7, "contact_fone", "contact_phone_number")],
            id="nearest-variable",
        ),
        pytest.param(
            "{{ talk_time_duratoin }}",
            [("unknown_variable", 4, "talk_time_duratoin", "talk_time_duration")],
            id="nearest-alias",
        ),
        pytest.param(
            "{{client_name|uper}}", [("unknown_filter", 15, "uper", "upper")], id="nearest-filter"
        ),
        pytest.param("{{qqqq}}", [("unknown_variable", 3, "qqqq", None)], id="nothing-near"),
        pytest.param("a {{", [("unclosed", 3, "", None)], id="unclosed"),
        pytest.param("{{gclid", [("unclosed", 1, "", None)], id="unclosed-at-the-end"),
        pytest.param('{{gclid|default:"x}}', [("unclosed", 1, "", None)], id="unclosed-quote"),
        pytest.param("{{ }}", [("empty_placeholder", 3, "", None)], id="empty"),
        pytest.param("{{gclid|}}", [("unknown_filter", 9, "", None)], id="empty-filter"),
        pytest.param("{{gclid|default}}", [("bad_argument", 9, "default", None)], id="no-text"),
        pytest.param("{{gclid|default:x}}", [("bad_argument", 9, "default", None)], id="no-quotes"),
        pytest.param('{{gclid|upper:"x"}}', [("bad_argument", 9, "upper", None)], id="too-much"),
        pytest.param(
            "{{x_x}} {{gclid|y_y}} {{",
            [
                ("unknown_variable", 3, "x_x", None),
                ("unknown_filter", 17, "y_y", None),
                ("unclosed", 23, "", None),
            ],
            id="all-at-once",
        ),
    ],
)
def test_errors(text, expected):
    errors = errors_of(text)

    assert [(e.code, e.position, e.word, e.nearest) for e in errors] == expected
    with pytest.raises(InvalidTemplate) as raised:
        parse(text)
    assert raised.value.errors == errors


@given(st.text())
def test_a_value_is_inserted_as_it_is(value):
    text = filled("[{{client_name}}]", client_name=value + "{{gclid}}")

    assert text == f"[{value}{{{{gclid}}}}]"


@given(st.text(alphabet='{}|:"\\ agclid_', max_size=60))
def test_any_text_is_a_template_or_has_errors(text):
    errors = errors_of(text)

    assert errors or isinstance(filled(text), str)
    assert all(1 <= error.position <= len(text) for error in errors)


def test_a_template_knows_its_variables():
    template = parse("{{file_link}} {{gclid}} {{talk_duration}} {{gclid|upper}} {{client_name}}")

    assert [variable.name for variable in variables_of(template)] == [
        "record_link",
        "gclid",
        "talk_duration",
        "client_name",
    ]
    assert [variable.known for variable in variables_of(template)] == [
        Known.RECORDING,
        Known.REPORT,
        Known.END,
        Known.START,
    ]


@pytest.mark.parametrize("name", [*VARIABLES])
def test_each_variable_is_complete(name):
    variable = VARIABLES[name]

    assert variable.label("ru")
    assert variable.label("en")
    assert variable.sample
    assert variable.known is not Known.REPORT or variable.fields


def test_aliases_lead_to_variables_and_hide_none():
    assert all(find_variable(alias) for alias in ALIASES)
    assert not set(ALIASES) & set(VARIABLES)


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_there_is_a_standard_template_for_each_field(locale):
    fields = {entity: tuple(texts) for entity, texts in STANDARD[locale].items()}

    assert fields == ENTITY_FIELDS
    texts = [text for fields in STANDARD[locale].values() for text in fields.values()]
    assert not any(errors_of(text) for text in texts)


@pytest.mark.parametrize(
    ("entity", "field", "name", "expected"),
    [
        pytest.param(Entity.CLIENT, "name", None, "Звонок +971501234567", id="client"),
        pytest.param(Entity.CLIENT, "name", "Анна", "Анна", id="known-to-the-pbx"),
        pytest.param(
            Entity.LEAD, "title", "Анна", "Звонок с +971501234567 на 97140000001", id="lead"
        ),
        pytest.param(
            Entity.TASK,
            "text",
            None,
            "Перезвонить +971501234567: пропущенный звонок 01:05",
            id="task",
        ),
        pytest.param(Entity.DEAL, "comment", None, "", id="comment"),
    ],
)
def test_standard_texts(entity, field, name, expected):
    values = {**VALUES, "contact_full_name": name, "call_time": "01:05"}

    template = standard_template(entity, field, locale="ru", values=values)

    assert render(template, values, RU) == expected
