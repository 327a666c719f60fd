"""Who was refused what stands in the log: by the name of the address, never by its path or key."""

from __future__ import annotations

import logging

from flask import request
from flask_login import current_user

logger = logging.getLogger(__name__)


def note_refusal(status: int) -> None:
    """One line for an answer that keeps somebody out."""
    login_id = current_user.login_id if current_user.is_authenticated else None
    logger.warning(
        "refused with %s: %s %s, login %s, from %s",
        status,
        request.method,
        request.endpoint,
        login_id,
        request.remote_addr,
    )
