"""The board's words, Russian and English, and how it spells phones, times and durations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

RU: dict[str, str] = {
    "title": "Behomes CRM: симулятор",
    "badge": "Симулятор",
    "note": "Это симулятор CRM. Люди, номера и сделки вымышлены, настоящих данных здесь нет.",
    "live": "Обновляется само",
    "lost": "Нет связи с симулятором",
    "noscript": "Доска обновляется с помощью JavaScript. Включите его и откройте страницу снова.",
    "columns": "Разделы CRM",
    "skip": "К доске",
    "accounts": "Аккаунты",
    "other_language": "English",
    "clients": "Клиенты",
    "leads": "Лиды",
    "deals": "Сделки",
    "tasks": "Задачи",
    "calls": "Звонки",
    "clients_empty": "Клиентов пока нет.",
    "leads_empty": "Лидов пока нет. Они появятся после звонка.",
    "deals_empty": "Сделок пока нет.",
    "tasks_empty": "Задач пока нет. Их создают пропущенные звонки.",
    "calls_empty": "Звонков пока нет. Звонок появится, когда разговор закончится.",
    "more": "Показаны последние {shown} из {total}",
    "new": "Новое",
    "phone": "Телефон",
    "email": "Почта",
    "responsible": "Ответственный",
    "nobody": "не назначен",
    "user_gone": "нет такого сотрудника",
    "client": "Клиент",
    "lead": "Лид",
    "deal": "Сделка",
    "task": "Задача",
    "gone": "удалён",
    "deadline": "Срок",
    "comment": "Комментарий",
    "note_field": "Заметка",
    "employee": "Сотрудник",
    "line": "Наш номер",
    "duration": "Разговор",
    "waited": "Ожидание",
    "scenario": "Сценарий",
    "campaign": "Кампания",
    "tags": "Теги",
    "recording": "Слушать запись",
    "hidden": "Скрытый номер",
    "inbound": "Входящий",
    "outbound": "Исходящий",
    "answered": "Принят",
    "missed": "Пропущен",
    "busy": "Занято",
    "no_answer": "Не ответили",
    "rejected": "Отклонён",
    "failed": "Не удался",
    "voicemail": "Автоответчик",
    "canceled": "Отменён",
    "unknown": "Неизвестно",
    "open": "Открыта",
    "done": "Выполнена",
    "has_lead": "Открытый лид",
    "has_deal": "Открытая сделка",
    "ringing": "Звонит",
    "talking": "Разговор",
    "unknown_number": "Неизвестный номер",
    "yes": "да",
    "no": "нет",
}
EN: dict[str, str] = {
    "title": "Behomes CRM: simulator",
    "badge": "Simulator",
    "note": "This is a simulated CRM. People, numbers and deals are invented, no data is real.",
    "live": "Updates by itself",
    "lost": "The simulator cannot be reached",
    "noscript": "The board updates by JavaScript. Switch it on and open the page again.",
    "columns": "Parts of the CRM",
    "skip": "To the board",
    "accounts": "Accounts",
    "other_language": "Русский",
    "clients": "Clients",
    "leads": "Leads",
    "deals": "Deals",
    "tasks": "Tasks",
    "calls": "Calls",
    "clients_empty": "No clients yet.",
    "leads_empty": "No leads yet. They come with a call.",
    "deals_empty": "No deals yet.",
    "tasks_empty": "No tasks yet. Missed calls make them.",
    "calls_empty": "No calls yet. A call appears when it has ended.",
    "more": "The last {shown} of {total}",
    "new": "New",
    "phone": "Phone",
    "email": "E-mail",
    "responsible": "Responsible",
    "nobody": "nobody",
    "user_gone": "no such user",
    "client": "Client",
    "lead": "Lead",
    "deal": "Deal",
    "task": "Task",
    "gone": "deleted",
    "deadline": "Due",
    "comment": "Comment",
    "note_field": "Note",
    "employee": "Employee",
    "line": "Our number",
    "duration": "Talk",
    "waited": "Waited",
    "scenario": "Scenario",
    "campaign": "Campaign",
    "tags": "Tags",
    "recording": "Play recording",
    "hidden": "Hidden number",
    "inbound": "Inbound",
    "outbound": "Outbound",
    "answered": "Answered",
    "missed": "Missed",
    "busy": "Busy",
    "no_answer": "No answer",
    "rejected": "Rejected",
    "failed": "Failed",
    "voicemail": "Voicemail",
    "canceled": "Canceled",
    "unknown": "Unknown",
    "open": "Open",
    "done": "Done",
    "has_lead": "Open lead",
    "has_deal": "Open deal",
    "ringing": "Ringing",
    "talking": "Talking",
    "unknown_number": "Unknown number",
    "yes": "yes",
    "no": "no",
}
WORDS = {"ru": RU, "en": EN}
GROUPS = {"971": (3, 2, 3, 4), "1": (1, 3, 3, 4), "7": (1, 3, 3, 2, 2)}


def spell_phone(phone: str) -> str:
    """`+971 50 123 4567`; numbers of other shapes in threes."""
    if not phone.startswith("+"):
        return phone
    bare = phone[1:]
    sizes = next(
        (
            sizes
            for code, sizes in GROUPS.items()
            if bare.startswith(code) and sum(sizes) == len(bare)
        ),
        None,
    )
    if sizes is None:
        return "+" + " ".join(bare[at : at + 3] for at in range(0, len(bare), 3))
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return "+" + " ".join(bare[at : at + size] for at, size in zip(starts, sizes, strict=True))


def spell_time(milliseconds: int, zone: str) -> str:
    """Date and time in the account's zone."""
    at = datetime.fromtimestamp(milliseconds / 1000, ZoneInfo(zone))
    return f"{at:%d.%m.%Y %H:%M}"


def spell_seconds(seconds: int) -> str:
    """`1:53`, from an hour `1:02:03`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def spell_value(value: Any, words: dict[str, str]) -> str:
    """The value of a custom field without an option list."""
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
