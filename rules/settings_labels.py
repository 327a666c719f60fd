"""What every setting is called, in both languages: for problems, differences and histories.

The labels name their screen, because they stand alone there. `fields` and `working_hours` have
members of their own names (rows, weekdays): they stand here with a `*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Path | label. A part (`incoming.first`) is named for problems of its shape.
_RU = """
schema | Версия формата
incoming | Настройки входящих звонков
incoming.first | Входящие: первичные обращения
incoming.first.create_client | Входящие: создавать клиента при первичном обращении
incoming.first.create | Входящие: первичные обращения
incoming.first.owner | Входящие, первичные обращения: создавать на сотрудника
incoming.repeat | Входящие: повторные обращения
incoming.repeat.create | Входящие: повторные обращения
incoming.repeat.owner | Входящие, повторные обращения: создавать на сотрудника
incoming.personal_manager | Переадресация на персонального менеджера
incoming.personal_manager.enabled | Переадресация на персонального менеджера
incoming.personal_manager.not_found_code | Код ответа, когда менеджер не найден
incoming.personal_manager.absent | Персонального менеджера нет на месте
incoming.personal_manager.deputy_user_id | Заместитель персонального менеджера
incoming.personal_manager.address_book | Персональный менеджер из адресной книги CallGear
outgoing | Настройки исходящих звонков
outgoing.first | Исходящие: первичные обращения
outgoing.first.create_client | Исходящие: создавать клиента при первичном обращении
outgoing.first.create | Исходящие: первичные обращения
outgoing.first.owner | Исходящие, первичные обращения: создавать на сотрудника
outgoing.repeat | Исходящие: повторные обращения
outgoing.repeat.create | Исходящие: повторные обращения
outgoing.repeat.owner | Исходящие, повторные обращения: создавать на сотрудника
outgoing.click_to_call | Звонки по клику из CRM
outgoing.click_to_call.virtual_number | Исходящий номер
outgoing.click_to_call.allowed_countries | Звонки по клику: разрешённые страны
outgoing.click_to_call.caps | Звонки по клику: ограничения
outgoing.click_to_call.caps.user_per_minute | Звонки по клику: от сотрудника в минуту
outgoing.click_to_call.caps.integration_per_minute | Звонки по клику: всего в минуту
outgoing.click_to_call.caps.number_per_hour | Звонки по клику: на один номер в час
tasks | Задачи
tasks.lost_incoming | Задача при потерянном входящем звонке
tasks.lost_incoming.assign | При потерянном входящем звонке создавать задачу
tasks.lost_incoming.due_minutes | Потерянный входящий: срок задачи, минут
tasks.lost_incoming.once_per_client | Потерянный входящий: одна открытая задача на клиента
tasks.lost_incoming.close_when_reached | Потерянный входящий: закрыть задачу после разговора
tasks.failed_outgoing | Задача при неуспешном исходящем звонке
tasks.failed_outgoing.assign | При неуспешном исходящем звонке создавать задачу
tasks.failed_outgoing.due_minutes | Неуспешный исходящий: срок задачи, минут
tasks.failed_outgoing.once_per_client | Неуспешный исходящий: одна открытая задача на клиента
tasks.failed_outgoing.close_when_reached | Неуспешный исходящий: закрыть задачу после разговора
templates | Шаблоны
templates.client | Шаблон клиента
templates.client.name | Шаблон клиента: имя
templates.client.comment | Шаблон клиента: комментарий
templates.lead | Шаблон лида
templates.lead.title | Шаблон лида: название
templates.lead.comment | Шаблон лида: комментарий
templates.deal | Шаблон сделки
templates.deal.title | Шаблон сделки: название
templates.deal.comment | Шаблон сделки: комментарий
templates.task | Шаблон задачи
templates.task.text | Шаблон задачи: текст
funnels | Воронки продаж
funnels.pipeline_id | Воронка по умолчанию
funnels.stage_id | Этап по умолчанию
responsible | Ответственные сотрудники
responsible.incoming_user_id | Ответственный за входящие звонки
responsible.outgoing_user_id | Ответственный за исходящие звонки
ignore | Номера, по которым ничего не создаётся
ignore.numbers | Номера, по которым ничего не создаётся
working_hours | Рабочее время
working_hours.* | Рабочее время: {day}
fields | Дополнительные поля
fields.* | Дополнительное поле {row}
fields.*.id | Дополнительное поле {row}: идентификатор
fields.*.entity | Дополнительное поле {row}: карточка
fields.*.target | Дополнительное поле {row}: поле Behomes
fields.*.value | Дополнительное поле {row}: параметр коммуникации
fields.*.overwrite | Дополнительное поле {row}: заменять заполненное
"""
_EN = """
schema | Format version
incoming | Incoming call settings
incoming.first | Incoming: first contacts
incoming.first.create_client | Incoming: create a client on first contact
incoming.first.create | Incoming: first contacts
incoming.first.owner | Incoming, first contacts: assign to employee
incoming.repeat | Incoming: repeat contacts
incoming.repeat.create | Incoming: repeat contacts
incoming.repeat.owner | Incoming, repeat contacts: assign to employee
incoming.personal_manager | Forwarding to the personal manager
incoming.personal_manager.enabled | Forwarding to the personal manager
incoming.personal_manager.not_found_code | Answer code when no manager is found
incoming.personal_manager.absent | The personal manager is away
incoming.personal_manager.deputy_user_id | Deputy of the personal manager
incoming.personal_manager.address_book | Personal manager from CallGear's address book
outgoing | Outgoing call settings
outgoing.first | Outgoing: first contacts
outgoing.first.create_client | Outgoing: create a client on first contact
outgoing.first.create | Outgoing: first contacts
outgoing.first.owner | Outgoing, first contacts: assign to employee
outgoing.repeat | Outgoing: repeat contacts
outgoing.repeat.create | Outgoing: repeat contacts
outgoing.repeat.owner | Outgoing, repeat contacts: assign to employee
outgoing.click_to_call | Click-to-call from the CRM
outgoing.click_to_call.virtual_number | Outgoing number
outgoing.click_to_call.allowed_countries | Click-to-call: allowed countries
outgoing.click_to_call.caps | Click-to-call: limits
outgoing.click_to_call.caps.user_per_minute | Click-to-call: per employee and minute
outgoing.click_to_call.caps.integration_per_minute | Click-to-call: in total per minute
outgoing.click_to_call.caps.number_per_hour | Click-to-call: to one number per hour
tasks | Tasks
tasks.lost_incoming | Task for a lost incoming call
tasks.lost_incoming.assign | Create a task for a lost incoming call
tasks.lost_incoming.due_minutes | Lost incoming call: task due, minutes
tasks.lost_incoming.once_per_client | Lost incoming call: one open task per client
tasks.lost_incoming.close_when_reached | Lost incoming call: close the task when reached
tasks.failed_outgoing | Task for an unsuccessful outgoing call
tasks.failed_outgoing.assign | Create a task for an unsuccessful outgoing call
tasks.failed_outgoing.due_minutes | Unsuccessful outgoing call: task due, minutes
tasks.failed_outgoing.once_per_client | Unsuccessful outgoing call: one open task per client
tasks.failed_outgoing.close_when_reached | Unsuccessful outgoing call: close the task when reached
templates | Templates
templates.client | Client template
templates.client.name | Client template: name
templates.client.comment | Client template: comment
templates.lead | Lead template
templates.lead.title | Lead template: title
templates.lead.comment | Lead template: comment
templates.deal | Deal template
templates.deal.title | Deal template: title
templates.deal.comment | Deal template: comment
templates.task | Task template
templates.task.text | Task template: text
funnels | Sales funnels
funnels.pipeline_id | Default funnel
funnels.stage_id | Default stage
responsible | Responsible employees
responsible.incoming_user_id | Responsible for incoming calls
responsible.outgoing_user_id | Responsible for outgoing calls
ignore | Numbers that create nothing
ignore.numbers | Numbers that create nothing
working_hours | Working hours
working_hours.* | Working hours: {day}
fields | Additional fields
fields.* | Additional field {row}
fields.*.id | Additional field {row}: id
fields.*.entity | Additional field {row}: card
fields.*.target | Additional field {row}: Behomes field
fields.*.value | Additional field {row}: communication parameter
fields.*.overwrite | Additional field {row}: replace what is filled in
"""
_DAYS = {
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def _read(table: str) -> Mapping[str, str]:
    rows = (line.split(" | ", 1) for line in table.strip().splitlines())
    return MappingProxyType(dict(rows))


LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType({"ru": _read(_RU), "en": _read(_EN)})


def label(path: str, locale: str, *, row: str = "") -> str:
    """What the setting of this path is called. Rows of `fields` are counted from 1 where the path
    has a place (`fields.0.value`, as in problems); `row` names one better. What lies deeper than
    the table is called after the nearest place above it; an unknown path after itself."""
    known, steps = LABELS[locale], path.split(".")
    for end in range(len(steps), 0, -1):
        inner = steps[:end]
        general = ".".join([inner[0], "*", *inner[2:]]) if end > 1 else path
        found = known.get(".".join(inner)) or known.get(general)
        if found:
            return found.format(row=row or _row_name(inner), day=day_name(inner[-1], locale))
    return path


def day_name(weekday: str, locale: str) -> str:
    """`"1"` is Monday."""
    return _DAYS[locale][int(weekday) - 1] if weekday in set("1234567") else weekday


def _row_name(steps: list[str]) -> str:
    name = steps[1] if len(steps) > 1 else ""
    return str(int(name) + 1) if name.isdecimal() else name
