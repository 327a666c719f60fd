"""The Behomes CRM as a small HTTP server: `python -m simulators.behomes --port N`."""

from __future__ import annotations
