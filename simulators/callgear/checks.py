"""Checks the parameters of a method as the reference documents them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.callgear.errors import RpcError

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")
PHONE = re.compile(r"\d{3,20}(\.\.\.\d{1,5})?")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Param:
    """One documented parameter; `members` describes an object or the objects of an array."""

    name: str
    kind: str = "string"  # string number boolean object array datetime phone email
    required: bool = False
    choices: Collection[Any] = ()
    lowest: int | None = None
    highest: int | None = None  # of a number; of a text or array: its length
    item: str = ""  # kind of the items of an array
    members: Sequence[Param] = ()
    pattern: str = ""


COMMON = (Param("access_token", required=True), Param("user_id", "number"))


def check(params: Mapping[str, Any], allowed: Sequence[Param], *, prefix: str = "") -> None:
    """Raise the documented RpcError for the first thing that is wrong with these members."""
    known = {param.name: param for param in allowed}
    for name in params:
        if name not in known:
            raise RpcError("unexpected_parameters", field=prefix + name)
    for param in allowed:
        if param.name in params:
            _check_value(params[param.name], param, prefix + param.name)
        elif param.required:
            raise RpcError("required_parameter_missed", field=prefix + param.name)


def _check_value(value: Any, param: Param, where: str) -> None:
    if value is None and not param.required:
        return
    if not IS_KIND[param.kind](value):
        raise RpcError("data_type_error", field=where, value=value)
    if not _is_good(value, param):
        raise RpcError("invalid_parameter_value", field=where, value=value)
    if isinstance(value, dict) and param.members:
        check(value, param.members, prefix=where + ".")
    if isinstance(value, list):
        _check_items(value, param, where)


def _check_items(values: list[Any], param: Param, where: str) -> None:
    item = Param("item", param.item or "object", required=True, members=param.members)
    for value in values:
        _check_value(value, item, where)


def _is_good(value: Any, param: Param) -> bool:
    form = FORMS.get(param.kind)
    if form and not form(value):
        return False
    if param.choices and value not in param.choices:
        return False
    if param.pattern and not re.fullmatch(param.pattern, value):
        return False
    size = len(value) if isinstance(value, str | list) else value
    if param.lowest is not None and size < param.lowest:
        return False
    if param.highest is not None and size > param.highest:
        return False
    return not (param.required and value == "")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_date(value: Any) -> bool:
    """A date of the Data API: `YYYY-MM-DD hh:mm:ss`, no offset (reference 1.5)."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


IS_KIND: dict[str, Callable[[Any], bool]] = {
    "string": _is_text,
    "phone": _is_text,
    "email": _is_text,
    "datetime": _is_text,
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}
FORMS: dict[str, Callable[[Any], bool]] = {
    "datetime": is_date,
    "phone": lambda value: bool(PHONE.fullmatch(value)),
    "email": lambda value: bool(EMAIL.fullmatch(value)),
}
