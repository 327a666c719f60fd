"""The one list of template variables: what each is called, when it is known, what feeds it.

Source: `docs/callgear.md` 7, whose columns N (members of a notification)
and R (fields of the calls report) are `members` and `fields` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Group(StrEnum):
    """The chips of the template editor stand in these groups, in this order."""

    CALL = "call"
    CLIENT = "client"
    EMPLOYEE = "employee"
    SOURCE = "source"
    TIME = "time"


class Known(StrEnum):
    """When a variable can be relied on.

    A variable of `END` may have a value earlier; it is final at the end of the call. One of
    `REPORT` with `members` may come with a notification; only if none brought it is the calls
    report read.
    """

    START = "start"
    END = "end"
    REPORT = "report"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    label_ru: str
    label_en: str
    group: Group
    known: Known
    sample: str
    members: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def label(self, locale: str) -> str:
        return self.label_en if locale == "en" else self.label_ru


# Where the member or the report field is not called as the variable is.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "call_status": ("is_lost",),
    "tags": ("tag_names",),
    "finish_reason": ("lost_reason",),
    "record_link": ("file_link",),
    "start_time": ("start_time", "notification_time"),
    "talk_duration": ("talk_time_duration",),
    "wait_duration": ("wait_time_duration",),
    "total_duration": ("total_time_duration",),
    "first_answered_employee": ("first_answered_employee_email",),
    "employee_rating": ("operator_rating",),
    "visitor_type": ("visitor_is_new",),
}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "call_session_id": ("id",),
    "call_status": ("is_lost",),
    "call_source": ("source",),
    "external_id": ("call_api_external_id",),
    "record_link": ("full_record_file_link", "call_records"),
    "employee_full_name": ("last_talked_employee_full_name",),
    "first_answered_employee": ("first_answered_employee_full_name",),
    "employee_rating": ("last_answered_employee_rating",),
    "channel": ("channel_new", "channel"),
    "referrer": ("referrer", "referrer_domain"),
}


def _rows(group: Group, known: Known, table: str) -> tuple[Variable, ...]:
    """Read a table: name, ru, en, sample, fed by N and R of `docs/callgear.md` 7."""
    return tuple(_row(group, known, line) for line in table.strip().splitlines())


def _row(group: Group, known: Known, line: str) -> Variable:
    name, label_ru, label_en, sample, feeds = (cell.strip() for cell in line.split("|"))
    members = _MEMBERS.get(name, (name,)) if "N" in feeds else ()
    fields = _FIELDS.get(name, (name,)) if "R" in feeds else ()
    return Variable(name, label_ru, label_en, group, known, sample, members, fields)


_CALL_START = """
call_session_id | Идентификатор сессии звонка | Call session ID | 700000101 | NR
direction | Направление звонка | Call direction | inbound | NR
virtual_phone_number | Виртуальный номер | Virtual number | 97142000001 | NR
virtual_number_name | Название (примечание) виртуального номера | Virtual number name/note | Main |
call_url | Ссылка на карточку звонка | Link to the call | https://example.com/c/1 |
"""
_CALL_END = """
call_status | Статус звонка | Call status | answered | NR
call_source | Источник звонка | Call source | va | NR
scenario_name | Сценарий | Scenario | Main line | NR
tags | Теги | Tags | vip, sale | NR
communication_number | Номер обращения | Interaction number | 3 | NR
is_transfer | Был трансфер | Was transferred | false | NR
external_id | Внешний идентификатор | External ID | req-1 | NR
"""
_CALL_REPORT = """
finish_reason | Причина завершения | End reason | subscriber_disconnects | NR
attributes | Атрибуты обращения | Interaction attributes | primary, target | NR
"""
_RECORDING = """
record_link | Запись разговора | Call recording | https://media.example.com/1 | NR
recording_url | Ссылка на запись для CRM | Recording link for the CRM | https://example.com/r/1 |
"""
_TIME_START = """
start_time | Дата и время звонка | Call date and time | 2026-03-01 14:40:24 | NR
call_date | Дата звонка | Call date | 01.03.2026 |
call_time | Время звонка | Call time | 14:40 |
"""
_TIME_END = """
talk_duration | Длительность разговора | Talk duration, s | 75 | NR
wait_duration | Длительность ожидания | Waiting time, s | 11 | NR
total_duration | Длительность звонка | Call duration, s | 86 | NR
"""
_CLIENT_START = """
contact_phone_number | Номер абонента | Client phone | 971501234567 | NR
contact_full_name | Контакт из адресной книги | Contact name (address book) | Client One | NR
client_name | Имя клиента в CRM | Client name in the CRM | Client One |
"""
_CLIENT_REPORT = """
cpn_region_name | Регион номера абонента | Region of the caller's number | Dubai | NR
cpn_country_name | Страна номера абонента | Country of the caller's number | UAE | R
segments | Сегменты | Segments | returning | R
"""
_EMPLOYEE_START = """
responsible_name | Ответственный в CRM | Responsible in the CRM | Agent One |
"""
_EMPLOYEE_END = """
employee_full_name | Сотрудник | Employee | Agent One | NR
first_answered_employee | Первый ответивший сотрудник | First employee who answered | Agent One | NR
"""
_EMPLOYEE_REPORT = """
employee_rating | Оценка сотрудника | Rating by the client | 5 | NR
"""
_SOURCE_REPORT = """
site_domain_name | Сайт | Site | example.com | NR
campaign_name | Рекламная кампания | Advertising campaign | Spring | NR
source_name | Источник (детально) | Traffic source (detailed) | Google Ads | R
source_new | Источник | Traffic source group | google | R
channel | Канал | Channel | paid | R
utm_source | UTM-метка source | UTM source | google | NR
utm_medium | UTM-метка medium | UTM medium | cpc | NR
utm_campaign | UTM-метка campaign | UTM campaign | spring | NR
utm_term | UTM-метка term | UTM term | villa | NR
utm_content | UTM-метка content | UTM content | banner-1 | NR
search_query | Поисковый запрос | Search query | villa dubai | NR
search_engine | Поисковая система | Search engine | google | NR
referrer | Источник перехода (реферер) | Referrer | https://example.org | NR
entrance_page | Страница входа | Landing page | https://example.com/ | NR
communication_page_url | Страница обращения | Page of the interaction | https://example.com/c | R
gclid | Google Click Identifier (gclid) | Google Click ID | Cj0KCQ | NR
yclid | Yandex Click Identifier (yclid) | Yandex Click ID | 1234567890 | R
ua_client_id | Client ID Google Analytics | Google Analytics client ID | 12345.67890 | NR
visitor_id | ID посетителя | Visitor ID | 900001 | NR
visitor_type | Тип посетителя | Visitor type | new | NR
visits_count | Количество посещений | Visits | 2 | R
visitor_city | Город посетителя | Visitor city | Dubai | R
visitor_region | Регион посетителя | Visitor region | Dubai | R
visitor_country | Страна посетителя | Visitor country | United Arab Emirates | NR
visitor_device | Устройство | Device | mobile | R
"""

VARIABLES: MappingProxyType[str, Variable] = MappingProxyType(
    {
        variable.name: variable
        for variable in (
            *_rows(Group.CALL, Known.START, _CALL_START),
            *_rows(Group.CALL, Known.END, _CALL_END),
            *_rows(Group.CALL, Known.REPORT, _CALL_REPORT),
            *_rows(Group.CALL, Known.RECORDING, _RECORDING),
            *_rows(Group.CLIENT, Known.START, _CLIENT_START),
            *_rows(Group.CLIENT, Known.REPORT, _CLIENT_REPORT),
            *_rows(Group.EMPLOYEE, Known.START, _EMPLOYEE_START),
            *_rows(Group.EMPLOYEE, Known.END, _EMPLOYEE_END),
            *_rows(Group.EMPLOYEE, Known.REPORT, _EMPLOYEE_REPORT),
            *_rows(Group.SOURCE, Known.REPORT, _SOURCE_REPORT),
            *_rows(Group.TIME, Known.START, _TIME_START),
            *_rows(Group.TIME, Known.END, _TIME_END),
        )
    }
)

# CallGear's own macro names, so that a template copied from its pages works.
ALIASES: MappingProxyType[str, str] = MappingProxyType(
    {
        "talk_time_duration": "talk_duration",
        "wait_time_duration": "wait_duration",
        "total_time_duration": "total_duration",
        "file_link": "record_link",
        "full_record_file_link": "record_link",
        "tag_names": "tags",
        "lost_reason": "finish_reason",
        "operator_rating": "employee_rating",
        "advertising_campaign": "campaign_name",
        "source": "call_source",
        "notification_time": "start_time",
    }
)


def find_variable(name: str) -> Variable | None:
    """The variable of that name or alias."""
    return VARIABLES.get(ALIASES.get(name, name))
