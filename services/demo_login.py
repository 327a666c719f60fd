"""The login of the demo. It is no secret: the form shows it. Elsewhere it does not exist."""

from __future__ import annotations

EMAIL = "admin@demo.local"
PASSWORD = "demo-admin"
