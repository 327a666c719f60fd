"""The sentences for problems with settings, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rules.settings_labels import label
from rules.settings_shape import Problem

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ru": {
            "nothing_given": "Выберите файл или вставьте документ.",
            "too_big": "Документ больше {maximum} КБ. Настройки столько не занимают: "
            "проверьте, тот ли это файл.",
            "not_text": "Это не текст в кодировке UTF-8. Нужен файл JSON с этой страницы.",
            "not_json": "Это не документ JSON.",
            "not_json_at": "Это не документ JSON: ошибка в строке {line}, знак {column}.",
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
            "required_field": "Behomes требует заполнять поле «{target}» {entity}: "
            "добавьте его в дополнительные поля, иначе запись не создастся.",
        },
        "en": {
            "nothing_given": "Choose a file or paste the document.",
            "too_big": "The document is larger than {maximum} KB. Settings do not take that much: "
            "check that it is the right file.",
            "not_text": "This is not text in UTF-8. A JSON file is needed, as this page gives it.",
            "not_json": "This is not a JSON document.",
            "not_json_at": "This is not a JSON document: an error in line {line}, column {column}.",
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
            "required_field": "Behomes requires the field “{target}” of every {entity}: add it to "
            "the additional fields, or nothing can be created.",
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
            "client": "клиента",
            "lead": "лида",
            "deal": "сделки",
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
    words = _WORDS[locale]
    values: dict[str, Any] = {**problem.values, "label": label(problem.path, locale)}
    for name in ("expected", "what", "entity"):
        if name in values:
            values[name] = words.get(values[name], values[name])
    if "because" in values:
        causes = (label(path, locale) for path in values["because"])
        values["because"] = ", ".join(words["quoted"].format(cause) for cause in causes)
    for name in ("allowed", "rows"):
        if name in values:
            values[name] = ", ".join(str(each) for each in values[name])
    near = values.get("nearest")
    values["nearest"] = words["nearest"].format(near) if near else ""
    return SENTENCES[locale].get(problem.code, problem.code).format_map(values)
