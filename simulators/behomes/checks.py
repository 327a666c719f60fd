"""Checks of single values. Each notes `(field, code)` for what is wrong and never raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from simulators.behomes.errors import Problem
from simulators.behomes.world import Account

PHONE = re.compile(r"\+[1-9]\d{5,14}|\d{3,20}")
EPOCH_MS = range(10**12, 10**13)  # 2001 to 2286: seconds and microseconds are out


@dataclass
class Findings:
    """What is wrong with one request, and what it refers to that was deleted."""

    account: Account
    refuse_inactive_users: bool = False
    problems: list[Problem] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def note(self, path: str, code: str) -> None:
        self.problems.append((path, code))


Check = Callable[[Any, str, Findings], None]


def text(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")


def filled(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif not value.strip():
        found.note(path, "empty")


def phone(value: Any, path: str, found: Findings) -> None:
    """E.164, or bare digits for a number that nobody could normalise."""
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif not PHONE.fullmatch(value):
        found.note(path, "invalid_format")


def moment(value: Any, path: str, found: Findings) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        found.note(path, "wrong_type")
    elif value not in EPOCH_MS:
        found.note(path, "out_of_range")


def seconds(value: Any, path: str, found: Findings) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        found.note(path, "wrong_type")
    elif value < 0:
        found.note(path, "out_of_range")


def revision(value: Any, path: str, found: Findings) -> None:
    seconds(value, path, found)
    if value == 0:
        found.note(path, "out_of_range")


def web_address(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif not value.startswith(("http://", "https://")):
        found.note(path, "invalid_format")


def choice(*words: str) -> Check:
    def check(value: Any, path: str, found: Findings) -> None:
        if not isinstance(value, str):
            found.note(path, "wrong_type")
        elif value not in words:
            found.note(path, "unknown_value")

    return check


def listing(check: Check, *, minimum: int = 0) -> Check:
    def check_all(value: Any, path: str, found: Findings) -> None:
        if not isinstance(value, list):
            found.note(path, "wrong_type")
            return
        if len(value) < minimum:
            found.note(path, "empty")
        for index, one in enumerate(value):
            check(one, f"{path}.{index}", found)

    return check_all


def user(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif value not in found.account.users:
        found.note(path, "unknown_value")
    elif found.refuse_inactive_users and not found.account.users[value]["active"]:
        found.note(path, "inactive_value")


def pipeline(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif value not in found.account.pipelines:
        found.note(path, "unknown_value")


def stage(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif value not in found.account.stages:
        found.note(path, "unknown_value")


def row_of(table: str) -> Check:
    """The id of a living row; a deleted one is told apart from one that never was."""

    def check(value: Any, path: str, found: Findings) -> None:
        if not isinstance(value, str):
            found.note(path, "wrong_type")
            return
        rows = found.account.tables[table]
        if value in rows.deleted:
            found.gone.append(path)
        elif value not in rows.rows:
            found.note(path, "unknown_value")

    return check


def custom_value(spec: dict[str, Any]) -> Check:
    """The check for the value of one custom field, by its type; unknown types are strings."""
    options = [option["id"] for option in spec.get("options") or ()]
    if spec["type"] == "enum":
        return choice(*options)
    if spec["type"] == "multi_enum":
        return listing(choice(*options))
    return BY_TYPE.get(spec["type"], text)


def _number(value: Any, path: str, found: Findings) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        found.note(path, "wrong_type")


def _boolean(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, bool):
        found.note(path, "wrong_type")


def _day(value: Any, path: str, found: Findings) -> None:
    _iso_or_moment(value, path, found, date.fromisoformat)


def _day_and_time(value: Any, path: str, found: Findings) -> None:
    _iso_or_moment(value, path, found, datetime.fromisoformat)


def _iso_or_moment(value: Any, path: str, found: Findings, read: Callable[[str], object]) -> None:
    if not isinstance(value, str):
        moment(value, path, found)
        return
    try:
        read(value)
    except ValueError:
        found.note(path, "invalid_format")


def _email(value: Any, path: str, found: Findings) -> None:
    if not isinstance(value, str):
        found.note(path, "wrong_type")
    elif "@" not in value:
        found.note(path, "invalid_format")


BY_TYPE: dict[str, Check] = {
    "number": _number,
    "money": _number,
    "boolean": _boolean,
    "date": _day,
    "datetime": _day_and_time,
    "phone": phone,
    "email": _email,
    "url": web_address,
    "user": user,
}
