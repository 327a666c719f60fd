"""What the lines of the log are about: each line said meanwhile carries it, in any thread.

`call` is the PBX's id of the call session, `integration` our number, `request` the id of one HTTP
request (`runtime/request_ids.py`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from structlog.contextvars import bound_contextvars


def about_call(integration_id: int, call_session_id: str | None) -> AbstractContextManager[Any]:
    """While this lasts, lines are about this call."""
    return bound_contextvars(integration=integration_id, call=call_session_id)
