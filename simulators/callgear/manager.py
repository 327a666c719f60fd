"""Interactive call handling: the PBX asks an outside server where to send the caller (5.1)."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError

from simulators.callgear.account import Account
from simulators.callgear.sender import Sender
from simulators.callgear.shapes import Rendered

ENCODINGS = ("query", "form", "json")


async def ask_manager(
    sender: Sender, url: str, params: dict[str, Any], *, encoding: str, timeout: float
) -> dict[str, Any]:
    """Ask as the PBX does while the caller waits: status, answer and milliseconds."""
    started = time.perf_counter()
    result: dict[str, Any] = {"status": None, "answer": None, "error": None}
    try:
        status, text = await sender.ask(url, _rendered(params, encoding), timeout=timeout)
        result["status"] = status
        result["answer"] = _read(text)
    except (ClientError, TimeoutError, OSError) as error:
        result["error"] = f"{type(error).__name__}: {error}"
    result["ms"] = round((time.perf_counter() - started) * 1000, 2)
    return result


def choose_employees(account: Account, answer: Any) -> list[int]:
    """Whose phones ring after this answer; [] = the scenario goes on without one."""
    phones = answer.get("phones") if isinstance(answer, dict) else None
    if not isinstance(phones, list):
        return []
    found = [account.employee_by_phone(str(phone)) for phone in phones]
    return list(dict.fromkeys(int(employee["id"]) for employee in found if employee))


def _rendered(params: dict[str, Any], encoding: str) -> Rendered:
    match encoding:
        case "query":
            return Rendered("GET", urlencode(params), b"", "")
        case "form":
            body = urlencode(params).encode()
            return Rendered("POST", "", body, "application/x-www-form-urlencoded")
        case "json":
            return Rendered("POST", "", json.dumps(params).encode(), "application/json")
        case _:
            raise ValueError(f"unknown encoding {encoding!r}; known: {', '.join(ENCODINGS)}")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
