"""Codes that work once: those of an authenticator app (RFC 6238), and those for its loss."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_GROUPS, GROUP_SIGNS = 6, 4  # 24 signs of 5 bits: 120 bits
# The code of the step before still counts: who types slowly, or whose clock is a little behind.
STEPS_BEHIND = 1


def address_for_app(secret: str, *, email: str, issuer: str) -> str:
    """What the QR code says, as authenticator apps read it."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def matching_step(secret: str, code: str, *, at: datetime, used: int | None) -> int | None:
    """The step of time whose code this is; None if it is none of now, or not later than the one
    that was `used` last."""
    digits = "".join(code.split())
    now = int(at.timestamp()) // STEP_SECONDS
    found = None
    for step in range(max(0, now - STEPS_BEHIND), now + 1):
        expected = pyotp.TOTP(secret, digits=DIGITS).at(step * STEP_SECONDS)
        if hmac.compare_digest(expected.encode(), digits.encode()) and step > (used or 0):
            found = step
    return found


def shown_recovery_code(signs: str) -> str:
    """In groups, as people copy it from paper."""
    groups = (signs[at : at + GROUP_SIGNS] for at in range(0, len(signs), GROUP_SIGNS))
    return "-".join(groups)


def read_recovery_code(typed: str) -> str:
    """What was typed, without what people put between the groups; the case does not count."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def is_of_app(typed: str) -> bool:
    """Whether it looks like a code of the app rather than one for its loss."""
    digits = "".join(typed.split())
    return digits.isascii() and digits.isdigit() and len(digits) == DIGITS
