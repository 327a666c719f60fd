"""Keys on pages: never themselves. A stored key is shown by its end; one that was typed and is not
stored yet travels with the page, sealed, so that it need not be typed again."""

from __future__ import annotations

from services.vault import SealError, Vault

SHORT = 12  # of a shorter key nothing is shown


def tail(key: str) -> str:
    """`•••• 7f3a`; "" without a key."""
    if not key:
        return ""
    return f"•••• {key[-4:]}" if len(key) >= SHORT else "••••"


def hold(vault: Vault, place: str, key: str) -> str:
    """Seal a typed key for one place: no other one takes it."""
    return vault.seal(f"{place}\n{key}")


def held(vault: Vault, place: str, sealed: str | None) -> str:
    """The key that was held for this place; "" for anything else."""
    try:
        name, _, key = vault.open(sealed or "").partition("\n")
    except SealError:
        return ""
    return key if name == place else ""


def open_or_empty(vault: Vault, sealed: str | None) -> str:
    """A stored key; empty where there is none, or where the server has lost the key to it."""
    try:
        return vault.open(sealed) if sealed else ""
    except SealError:
        return ""
