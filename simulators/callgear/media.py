"""The media host: a short audible tone for every record, with Range."""

from __future__ import annotations

import io
import math
import wave
from functools import lru_cache

from aiohttp import web

from simulators.callgear.calls import Leg
from simulators.callgear.world import World

RATE = 8000
LONGEST_SECONDS = 4
TONES = (440.0, 523.25, 659.25, 587.33)


@lru_cache(maxsize=64)
def tone(seconds: int, pitch: int) -> bytes:
    """A WAV file: mono, 16 bits, a soft tone that rises and falls once a second."""
    frequency = TONES[pitch % len(TONES)]
    samples = bytearray()
    for index in range(RATE * seconds):
        moment = index / RATE
        loudness = 9000 * math.sin(math.pi * (moment % 1.0))
        value = int(loudness * math.sin(2 * math.pi * frequency * moment))
        samples += value.to_bytes(2, "little", signed=True)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(bytes(samples))
    return file.getvalue()


def add_media(app: web.Application, world: World) -> None:
    """Add GET /media/<communication_id>/<record_id>."""

    async def play(request: web.Request) -> web.Response:
        leg = _find(world, request.match_info["call"], request.match_info["record"])
        if leg is None:
            raise web.HTTPNotFound(text="unknown record")
        seconds = max(1, min(LONGEST_SECONDS, round(leg.talk_seconds)))
        return _part(request, tone(seconds, leg.id))

    app.router.add_get("/media/{call}/{record}", play)
    app.router.add_get("/media/{call}/{record}/", play)


def _find(world: World, call_id: str, record: str) -> Leg | None:
    if not call_id.isdigit():
        return None
    for account in world.accounts.values():
        call = account.calls.get(int(call_id))
        if call is not None and call.has_records:
            return next((leg for leg in call.legs if leg.record == record), None)
    return None


def _part(request: web.Request, audio: bytes) -> web.Response:
    headers = {"Accept-Ranges": "bytes", "Content-Type": "audio/wav"}
    try:
        wanted = request.http_range
    except ValueError:
        return _unsatisfiable(audio)
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=audio, headers=headers)
    first, last, _ = wanted.indices(len(audio))
    if first >= last:
        return _unsatisfiable(audio)
    headers["Content-Range"] = f"bytes {first}-{last - 1}/{len(audio)}"
    return web.Response(status=206, body=audio[first:last], headers=headers)


def _unsatisfiable(audio: bytes) -> web.Response:
    return web.Response(status=416, headers={"Content-Range": f"bytes */{len(audio)}"})
