"""The board: a page that shows the calls and starts them."""

from __future__ import annotations

from aiohttp import web

from simulators.callgear.emitting import Emitter
from simulators.callgear.world import World


def add_board(app: web.Application, world: World, emitter: Emitter) -> None:
    """Add the page."""
