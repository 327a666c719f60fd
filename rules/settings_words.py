"""The sentences for problems with settings, and the names of the settings, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rules.settings_shape import Problem

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ru": {
            "not_json": "Это не документ JSON.",
            "wrong_type": "Здесь нужно значение другого вида: {expected}.",
            "unknown_member": "Неизвестная настройка «{name}»{nearest}.",
            "not_one_of": "Можно только: {allowed}.",
            "too_small": "Число не может быть меньше {minimum}.",
            "too_large": "Число не может быть больше {maximum}.",
            "too_long": "Слишком длинно: не больше {maximum}.",
            "empty": "Заполните это поле.",
            "bad_time": "Укажите время как 09:00.",
            "bad_character": "В тексте есть недопустимый знак.",
            "span_backwards": "Начало рабочего времени должно быть раньше конца.",
            "spans_overlap": "Промежутки рабочего времени одного дня пересекаются.",
            "not_a_number": "Это не похоже на номер телефона.",
            "unknown_country": "Неизвестный код страны. Нужны две буквы, например AE.",
            "unclosed": "Скобки {{{{, открытые на месте {position}, не закрыты.",
            "empty_placeholder": "В скобках на месте {position} нет имени переменной.",
            "unknown_variable": "Неизвестная переменная «{word}» на месте {position}{nearest}.",
            "unknown_filter": "Неизвестный фильтр «{word}» на месте {position}{nearest}.",
            "bad_argument": "Фильтр «{word}» на месте {position} записан неверно: "
            'default требует текст в кавычках (default:"…"), остальные фильтры — ничего.',
            "duplicate_id": "Идентификатор строки «{id}» встречается несколько раз.",
            "duplicate_target": "Поле «{target}» заполняют несколько строк: {rows}.",
            "required": "Заполните «{label}»: это нужно для настройки {because}.",
            "missing_reference": "«{id}»: {what} в Behomes больше нет. Выберите другое значение.",
        },
        "en": {
            "not_json": "This is not a JSON document.",
            "wrong_type": "A value of another kind is needed here: {expected}.",
            "unknown_member": "Unknown setting “{name}”{nearest}.",
            "not_one_of": "Only these are possible: {allowed}.",
            "too_small": "The number cannot be less than {minimum}.",
            "too_large": "The number cannot be more than {maximum}.",
            "too_long": "Too long: {maximum} at most.",
            "empty": "Fill in this field.",
            "bad_time": "Write the time like 09:00.",
            "bad_character": "The text has a character that is not allowed.",
            "span_backwards": "Working time has to start before it ends.",
            "spans_overlap": "Two spans of working time of one day overlap.",
            "not_a_number": "This does not look like a phone number.",
            "unknown_country": "Unknown country code. Two letters are needed, such as AE.",
            "unclosed": "The brackets {{{{ opened at position {position} are not closed.",
            "empty_placeholder": "The brackets at position {position} name no variable.",
            "unknown_variable": "Unknown variable “{word}” at position {position}{nearest}.",
            "unknown_filter": "Unknown filter “{word}” at position {position}{nearest}.",
            "bad_argument": "The filter “{word}” at position {position} is written wrongly: "
            'default wants a text in quotes (default:"…"), the others want nothing.',
            "duplicate_id": "The row id “{id}” is used more than once.",
            "duplicate_target": "Several rows fill the field “{target}”: {rows}.",
            "required": "Fill in “{label}”: the setting {because} needs it.",
            "missing_reference": "“{id}”: Behomes no longer has this {what}. Choose another value.",
        },
    }
)

LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ru": {
            "incoming.first.create": "Входящие: первичные обращения",
            "incoming.first.owner": "Входящие, первичные обращения: создавать на сотрудника",
            "incoming.repeat.create": "Входящие: повторные обращения",
            "incoming.repeat.owner": "Входящие, повторные обращения: создавать на сотрудника",
            "incoming.personal_manager.absent": "Персонального менеджера нет на месте",
            "incoming.personal_manager.deputy_user_id": "Заместитель персонального менеджера",
            "outgoing.first.create": "Исходящие: первичные обращения",
            "outgoing.first.owner": "Исходящие, первичные обращения: создавать на сотрудника",
            "outgoing.repeat.create": "Исходящие: повторные обращения",
            "outgoing.repeat.owner": "Исходящие, повторные обращения: создавать на сотрудника",
            "tasks.lost_incoming.assign": "При потерянном входящем звонке создавать задачу",
            "funnels.pipeline_id": "Воронка по умолчанию",
            "funnels.stage_id": "Этап по умолчанию",
            "responsible.incoming_user_id": "Ответственный за входящие звонки",
            "responsible.outgoing_user_id": "Ответственный за исходящие звонки",
        },
        "en": {
            "incoming.first.create": "Incoming: first contacts",
            "incoming.first.owner": "Incoming, first contacts: assign to employee",
            "incoming.repeat.create": "Incoming: repeat contacts",
            "incoming.repeat.owner": "Incoming, repeat contacts: assign to employee",
            "incoming.personal_manager.absent": "The personal manager is away",
            "incoming.personal_manager.deputy_user_id": "Deputy of the personal manager",
            "outgoing.first.create": "Outgoing: first contacts",
            "outgoing.first.owner": "Outgoing, first contacts: assign to employee",
            "outgoing.repeat.create": "Outgoing: repeat contacts",
            "outgoing.repeat.owner": "Outgoing, repeat contacts: assign to employee",
            "tasks.lost_incoming.assign": "Create a task for a lost incoming call",
            "funnels.pipeline_id": "Default funnel",
            "funnels.stage_id": "Default stage",
            "responsible.incoming_user_id": "Responsible for incoming calls",
            "responsible.outgoing_user_id": "Responsible for outgoing calls",
        },
    }
)

_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ru": {
            "nearest": " — возможно, «{}»",
            "quoted": "«{}»",
            "text": "текст",
            "flag": "да или нет",
            "number": "целое число",
            "object": "объект",
            "list": "список",
            "user": "такого сотрудника",
            "pipeline": "такой воронки",
            "stage": "такого этапа",
            "field": "такого поля",
        },
        "en": {
            "nearest": ", perhaps “{}”",
            "quoted": "“{}”",
            "flag": "true or false",
            "number": "a whole number",
            "object": "an object",
            "list": "a list",
            "user": "CRM user",
            "pipeline": "funnel",
        },
    }
)


def sentence(problem: Problem, locale: str) -> str:
    """What is wrong and what to do, in one sentence; `ru` or `en`."""
    words, labels = _WORDS[locale], LABELS[locale]
    values: dict[str, Any] = {**problem.values, "label": labels.get(problem.path, problem.path)}
    for name in ("expected", "what"):
        if name in values:
            values[name] = words.get(values[name], values[name])
    if "because" in values:
        causes = (labels.get(path, path) for path in values["because"])
        values["because"] = ", ".join(words["quoted"].format(cause) for cause in causes)
    for name in ("allowed", "rows"):
        if name in values:
            values[name] = ", ".join(str(each) for each in values[name])
    near = values.get("nearest")
    values["nearest"] = words["nearest"].format(near) if near else ""
    return SENTENCES[locale].get(problem.code, problem.code).format_map(values)
