"""The members of a notification that we know, and how each is brought to one spelling.

Source: `docs/callgear.md` 4.5. A reader takes what JSON, a form or a query gave, and returns None
for what counts as absent: null, empty, an unresolved `{{name}}`, or no value of that type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from rules.events import Member
from rules.phones import digits_of
from rules.vocabulary import Direction

Reader = Callable[[Any], Member | None]

LONGEST_ID = 64
LARGEST_NUMBER = 10**15
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_NO_NUMBER = frozenset({"true", "false"})
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_DIRECTIONS = {
    "in": Direction.INBOUND.value,
    "inbound": Direction.INBOUND.value,
    "incoming": Direction.INBOUND.value,
    "out": Direction.OUTBOUND.value,
    "outbound": Direction.OUTBOUND.value,
    "outgoing": Direction.OUTBOUND.value,
}
# The English documents spell some reasons in another way than the platform (2.9).
_PLATFORM_REASONS = {
    "caller_disconnects": "subscriber_disconnects",
    "caller_busy": "subscriber_busy",
    "caller_not_responsive": "subscriber_not_responsible",
    "caller_number_problems": "subscriber_number_problems",
    "operator_not_responsive": "operator_not_responsible",
    "no_success_caller_call": "no_success_subscriber_call",
    "employees_not_exists": "employee_not_exists",
}


def read_text(value: Any) -> str | None:
    """Trimmed text; numbers and booleans as JSON writes them, `12.0` as `12`."""
    if type(value) is not str:
        return _scalar_text(value)
    text = value.strip()
    if not text.isascii():
        # A lone surrogate (an escape in JSON) cannot be stored as UTF-8.
        text = text.encode("utf-8", "ignore").decode()
    if "\0" in text:  # PostgreSQL refuses NUL.
        text = text.replace("\0", "").strip()
    while len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip()
    if not text or text == "null" or (text.startswith("{{") and text.endswith("}}")):
        return None
    return text


def read_id(value: Any) -> str | None:
    """An id as text: `12`, `"12"` and `12.0` are one id; true and false are none."""
    text = read_text(value)
    if text is None or text in _NO_NUMBER or len(text) > LONGEST_ID:
        return None
    whole, point, rest = text.partition(".")
    return whole if point and whole.isdecimal() and not rest.strip("0") else text


def read_number(value: Any) -> Member | None:
    """A whole number where it is one; a text that is no number stays a text."""
    if type(value) is not int:
        text = read_text(value)
        if text is None or text in _NO_NUMBER:
            return None
        if not _NUMBER.fullmatch(text):
            return text
        number = float(text)
        value = int(number) if number.is_integer() else number
    return value if abs(value) < LARGEST_NUMBER else None


def read_flag(value: Any) -> Member | None:
    """True or False also from `"true"`, `1`, `"0"`; another text stays a text."""
    if type(value) is bool:
        return value
    text = read_text(value)
    return None if text is None else _FLAGS.get(text.lower(), text)


def read_phone(value: Any) -> str | None:
    """Digits without plus and extension; a text that is no number (`anonymous`) stays."""
    text = read_text(value)
    if text is None or (text.isascii() and text.isdecimal()):
        return text
    return digits_of(text) or text


def read_list(value: Any) -> Member | None:
    """A sorted list of different texts, from a list, a JSON list in a text, or `a, b`."""
    if type(value) is not list:
        text = read_text(value)
        if text is None:
            return None
        value = _listed(text)
    items = {item for item in map(read_id_or_text, value) if item is not None}
    return sorted(items) or None


def read_id_or_text(value: Any) -> str | None:
    """An element of a list: `101` and `"101.0"` are one."""
    return read_id(value) or read_text(value)


def read_direction(value: Any) -> str | None:
    """`inbound`, `outbound`; another word in lower case."""
    text = read_text(value)
    return None if text is None else _DIRECTIONS.get(text.lower(), text.lower())


def read_reason(value: Any) -> str | None:
    """A finish reason in the spelling of the platform."""
    text = read_text(value)
    return None if text is None else _PLATFORM_REASONS.get(text.lower(), text.lower())


def _scalar_text(value: Any) -> str | None:
    if type(value) is int:
        return str(value)
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float and abs(value) < LARGEST_NUMBER:  # neither NaN nor infinite
        return str(int(value)) if value.is_integer() else str(value)
    return None


def _listed(text: str) -> list[Any]:
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            return text.strip("[]").split(",")
        return listed if isinstance(listed, list) else [text]
    return text.split(",")


_NAMES: tuple[tuple[Reader, str], ...] = (
    (
        read_text,
        """notification_mnemonic notification_time communication_type contact_full_name call_source
        external_id employee_full_name employee_email first_answered_employee_email
        first_answered_employee_full_name first_talked_employee_email
        first_talked_employee_full_name last_talked_employee_email last_talked_employee_full_name
        call_status scenario_name start_time finish_time_localized file_link
        full_record_file_link cpn_region_name tp_project site_domain_name campaign_name
        search_query search_engine visitor_country visitor_browser_name utm_source utm_medium
        utm_campaign utm_term utm_content gclid referrer entrance_page ua_client_id visitor_name
        visitor_email visitor_contact_info chat_channel_name messages""",
    ),
    (
        read_id,
        """call_session_id communication_id contact_id employee_id first_answered_employee_id
        first_talked_employee_id last_talked_employee_id scenario_id leg_id cpn_region_id app_id
        visitor_id""",
    ),
    (
        read_phone,
        """virtual_phone_number contact_phone_number calling_phone_number called_phone_number
        employee_phone_number extension_phone_number visitor_phone_number""",
    ),
    (
        read_number,
        """notification_timestamp communication_number operator_rating talk_time_duration
        total_time_duration wait_time_duration file_duration""",
    ),
    (read_flag, "is_lost is_transfer is_internal visitor_is_new"),
    (
        read_list,
        """contact_group_ids employee_ids noanswered_employee_full_names tag_ids tag_names leg_ids
        record_file_links attributes""",
    ),
    (read_direction, "direction"),
    (read_reason, "lost_reason"),
)

MEMBERS: Mapping[str, Reader] = MappingProxyType(
    {name: reader for reader, names in _NAMES for name in names.split()}
)
ALIASES: Mapping[str, str] = MappingProxyType(
    {"call_record_duration": "file_duration", "advertising_campaign": "campaign_name"}
)
GROUPS = ("contact_info", "employee_info", "call_info", "call_record_file_info")
# Read, but never part of what a notification says.
BESIDE = ("event", "secret", "notification_name")
EVERY_NAME = frozenset((*MEMBERS, *ALIASES, *BESIDE))
