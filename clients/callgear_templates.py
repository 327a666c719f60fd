"""The bodies of the notifications that an admin sets up in CallGear, one per event.

Placeholders are CallGear's own and stand without quotes: it puts in a JSON literal. The literal
`event` says which event it is. Source: docs/callgear.md 4.4 to 4.6; docs/callgear-setup.md shows
the same bodies, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.vocabulary import EventKind

PER_LINE = 3
FIRST = ("notification_name", "notification_mnemonic", "notification_time", "call_session_id")
SIDE = ("external_id", "direction", "call_source")
PHONES = ("virtual_phone_number", "contact_phone_number")
CONTACT = ("contact_id", "contact_full_name")
EMPLOYEE = ("employee_id", "employee_full_name")


@dataclass(frozen=True)
class Template:
    """One notification: its event, the name that we propose, the event type as CallGear's client
    area calls it in both languages, and the placeholders of its body."""

    kind: EventKind
    name: str
    type_en: str
    type_ru: str
    members: tuple[str, ...]

    def body(self, secret: str) -> str:
        """The text to paste into CallGear."""
        placeholders = [f'"{name}":{{{{{name}}}}}' for name in self.members]
        lines = [
            ",".join(placeholders[start : start + PER_LINE])
            for start in range(0, len(placeholders), PER_LINE)
        ]
        head = f'{{"event":"{self.kind}","secret":"{secret}"'
        return ",\n ".join((head, *lines)) + "}"


TEMPLATES = (
    Template(
        EventKind.INCOMING_CALL,
        "bh-in",
        "Inbound call on a virtual phone number",
        "Входящий звонок на виртуальный номер",
        (*FIRST, *PHONES, "communication_number", *CONTACT, "scenario_name"),
    ),
    Template(
        EventKind.WAITING_ANSWER,
        "bh-ring",
        "Waiting for the answer",
        "Ожидание ответа",
        (*FIRST, *SIDE, *PHONES, "contact_id", *EMPLOYEE, "leg_id"),
    ),
    Template(
        EventKind.TALK_STARTED,
        "bh-talk",
        "Talk started",
        "Начало разговора",
        (*FIRST, *SIDE, *PHONES, "contact_id", *EMPLOYEE, "leg_ids"),
    ),
    Template(
        EventKind.TALK_FINISHED,
        "bh-talk-end",
        "Talk finished",
        "Окончание разговора",
        (
            *FIRST,
            *SIDE,
            *PHONES,
            "communication_number",
            *EMPLOYEE,
            "scenario_name",
            "talk_time_duration",
            "leg_ids",
        ),
    ),
    Template(
        EventKind.CALL_FINISHED,
        "bh-end",
        "Call finished",
        "Завершение звонка",
        (
            *FIRST,
            *SIDE,
            *PHONES,
            "communication_number",
            *EMPLOYEE,
            "scenario_name",
            "talk_time_duration",
            "total_time_duration",
            "wait_time_duration",
            "tag_names",
            "is_lost",
            "is_transfer",
            "is_internal",
            "last_talked_employee_id",
        ),
    ),
    Template(
        EventKind.LOST_CALL,
        "bh-lost",
        "Lost call",
        "Потерянный звонок",
        (
            *FIRST,
            *PHONES,
            "communication_number",
            *CONTACT,
            "scenario_name",
            "wait_time_duration",
            "employee_ids",
        ),
    ),
    Template(
        EventKind.OUTGOING_CALL,
        "bh-out",
        "Outbound call",
        "Исходящий звонок",
        (*FIRST, *PHONES, *CONTACT, *EMPLOYEE, "employee_phone_number"),
    ),
    Template(
        EventKind.RECORD_READY,
        "bh-rec",
        "Call recording completed",
        "Записанный разговор",
        (
            *FIRST,
            *PHONES,
            "communication_number",
            *CONTACT,
            "scenario_name",
            *EMPLOYEE,
            "file_link",
            "file_duration",
            "tag_names",
        ),
    ),
)
