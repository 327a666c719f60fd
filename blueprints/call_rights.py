"""Whose calls a reader sees, and the names that stand in them."""

from __future__ import annotations

from flask_login import current_user

from blueprints.reasons import Names
from services import find_calls

NOBODY = ""  # matches no employee: a login that is joined to nobody sees no calls


def read_names(integration_id: int) -> Names:
    return Names(
        employees=find_calls.employee_names(integration_id),
        users=find_calls.user_names(integration_id),
    )


def only_of(integration_id: int) -> str | None:
    """An employee sees the calls that he took part in, with their numbers; an admin all (None)."""
    if current_user.is_admin:
        return None
    return (
        find_calls.find_own_employee_id(integration_id, current_user.login_id, current_user.email)
        or NOBODY
    )
