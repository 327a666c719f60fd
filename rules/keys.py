"""The business keys of the ledger: what makes two intended writes the same write."""

from __future__ import annotations


def client_key(account_id: str, phone_hash: str, generation: int) -> str:
    """One client per phone and CRM account. A client deleted in the CRM closes its generation."""
    return f"{account_id}|client|{phone_hash}|{generation}"


def session_key(kind: str, integration_id: int, call_session_id: str, *more: str) -> str:
    """`lead`, `deal`, `call`; `task` and `taskline` with the rule; `recording` with the record;
    `complete` with the entity."""
    return "|".join((f"i{integration_id}", kind, call_session_id, *more))


def client_contact(account_id: str, phone_hash: str) -> str:
    """Finds the creates of the client with this phone."""
    return f"{account_id}|client|{phone_hash}"


def task_contact(integration_id: int, client_id: str | None, phone_hash: str) -> str:
    """Finds the call-back tasks of one client; without a client, of one phone."""
    who = f"c:{client_id}" if client_id else f"p:{phone_hash}"
    return f"i{integration_id}|task|{who}"


def lines_contact(task_key: str) -> str:
    """Finds the lines that are to be added to one task."""
    return f"lines|{task_key}"


def reference_prefix(kind: str) -> str:
    """References of calls are told from those of entities at a glance."""
    return "cg-call-" if kind in ("call", "recording") else "cg-"
