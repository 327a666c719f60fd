"""Puts the simulator together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulators import kit
from simulators.callgear import call_api, data_api, seed
from simulators.callgear.board import add_board
from simulators.callgear.control import Control
from simulators.callgear.emitting import Emitter
from simulators.callgear.faulting import KNOWN
from simulators.callgear.media import add_media
from simulators.callgear.player import Player
from simulators.callgear.rpc import Endpoint
from simulators.callgear.sender import Sender
from simulators.callgear.world import World


def create_app(*, fault_seed: int = 1, request_log: int = 5000) -> web.Application:
    """The whole simulator with the demo account."""
    world = World(kit.Faults(KNOWN, seed=fault_seed), kit.RequestLog(request_log))
    seed.plant(world, [seed.DEMO])
    sender = Sender(world)
    player = Player(world, sender)
    emitter = Emitter(world, sender, player)
    app = web.Application(middlewares=[_learn_address(world)])
    app.router.add_post("/v2.0", Endpoint(world, "data", data_api.METHODS).handle)
    app.router.add_post("/v4.0", Endpoint(world, "call", call_api.methods(player)).handle)
    Control(world, emitter).add_to(app)
    add_media(app, world)
    add_board(app, world, emitter)
    app.cleanup_ctx.append(_lifetime(world, sender))
    return app


def _learn_address(world: World) -> Middleware:
    """The port may be any free one; the first request tells it, and links to records need it."""

    @web.middleware
    async def learn(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not world.base_url and request.transport is not None:
            host, port = request.transport.get_extra_info("sockname")[:2]
            world.base_url = f"http://{host}:{port}"
        return await handler(request)

    return learn


def _lifetime(world: World, sender: Sender) -> Callable[[web.Application], AsyncIterator[None]]:
    async def open_and_close(_app: web.Application) -> AsyncIterator[None]:
        await sender.open()
        yield
        await world.stop_tasks()
        await sender.close()

    return open_and_close
