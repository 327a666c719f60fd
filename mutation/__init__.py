"""Changes the rules and the ledger in small ways, and sees which changes the tests notice."""

from __future__ import annotations
