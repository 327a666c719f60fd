"""The board: what a person would see in the CRM."""

from __future__ import annotations

from aiohttp import web

from simulators.behomes.api import Crm


def add_board(app: web.Application, crm: Crm) -> None:
    """Add the page at / and /board."""
