"""Send so many made-up requests to the real server: no error of ours, nobody has to wait.

The webhook gets most of them, with methods, types, encodings, broken lengths and chunks as they
come; the personal manager, the API and unknown addresses the rest.
"""

from __future__ import annotations

import argparse
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes

from bench.stack import Stack, crm_simulator, new_stack
from fuzz.making import Maker, Sent

ANSWER_SECONDS = 20.0
KNOWN = frozenset({200, 202, 301, 302, 400, 401, 404, 405, 411, 413, 414, 415, 422, 431, 501, 505})
METHODS = ("POST",) * 12 + ("GET",) * 3 + ("PUT", "HEAD", "OPTIONS", "TRACE", "get", "")
PATHS = (
    ("{hook}",) * 14
    + ("{hook}/manager",) * 4
    + (
        "/hooks/unknown",
        "/api/v1/calls",
        "/api/v1/events",
        "/api/v1/calls/%00",
        "/recordings/a.b",
        "/login",
        "/../../etc/passwd",
        "/static/..%2f..%2fapp.py",
        "//example.com/",
        "/%ff%fe",
        "/integrations/1/calls?q=%00",
    )
)


@dataclass
class Found:
    """Answers by status, and what should not have been."""

    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


def try_requests(address: tuple[str, int], hook: str, key: str, count: int, seed: str) -> Found:
    """Send them one after the other."""
    maker, pick, found = Maker(seed), random.Random(seed), Found()
    for number in range(count):
        message = write(maker.make(), hook, key, pick)
        began = time.monotonic()
        try:
            status = _answer(address, message)
        except OSError as error:
            status = f"no answer ({error!r})"
        seconds = time.monotonic() - began
        found.slowest = max(found.slowest, seconds)
        found.statuses[status] += 1
        is_good = status == "closed" or (status.isdigit() and int(status) in KNOWN)
        if not is_good or seconds > ANSWER_SECONDS:
            found.wrong.append(f"seed {seed!r}, request {number}: {status}, {message[:300]!r}")
    return found


def write(sent: Sent, hook: str, key: str, pick: random.Random) -> bytes:
    """A request as bytes; now and then not one."""
    path = pick.choice(PATHS).format(hook=hook)
    if sent.query:
        path += "?" + quote_from_bytes(sent.query, safe="=&%;[]+")[:7000]
    lines = [f"{pick.choice(METHODS)} {path} HTTP/1.1".encode(), b"Host: a", b"Connection: close"]
    if sent.content_type is not None:
        lines.append(b"Content-Type: " + sent.content_type.encode("latin-1").replace(b"\0", b""))
    if pick.random() < 0.5:
        lines.append(f"Authorization: Bearer {key}".encode())
    framing, body = frame(sent.body, pick)
    lines += framing
    if pick.random() < 0.03:
        lines.append(pick.randbytes(30))
    return b"\r\n".join([*lines, b"", b""]) + body


def frame(body: bytes, pick: random.Random) -> tuple[list[bytes], bytes]:
    """Mostly the right length; else a wrong one, two, none, chunks, or chunks that are none."""
    length = b"Content-Length: %d"
    if pick.random() < 0.5:
        return [length % len(body)], body
    chunks = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    bad = pick.choice((b"-1", b"x", b"1e3", b"9" * 30, b""))
    coding = pick.choice((b"gzip", b"br", b"identity"))
    ways: tuple[tuple[list[bytes], bytes], ...] = (
        ([b"Transfer-Encoding: chunked"], chunks + b"0\r\n\r\n"),
        ([b"Transfer-Encoding: chunked"], body),
        ([length % (len(body) + 7)], body),
        ([b"Content-Length: " + bad], body),
        ([b"Content-Encoding: " + coding, length % len(body)], body),
        ([length % 3, length % 4], body),
        ([], body),
    )
    return pick.choice(ways)


def _answer(address: tuple[str, int], message: bytes) -> str:
    """The status of the answer; `closed` if the server would not even say."""
    with socket.create_connection(address, timeout=ANSWER_SECONDS) as connection:
        try:
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
            heard = connection.recv(200)
        except (ConnectionResetError, BrokenPipeError):
            return "closed"
    words = heard.split(b" ", 2)
    return words[1].decode("latin-1") if len(words) > 1 else "closed"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="fuzz http", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args(words)
    with crm_simulator() as crm, new_stack(crm.url) as stack:
        stack.start()
        stack.create_integration()
        began = time.monotonic()
        found = _all(stack, options.count, options.seed, options.clients)
        seconds = time.monotonic() - began
        said = own_errors(stack.folder)
    print(f"{options.count} requests of seed {options.seed} in {seconds:.0f} s")
    for status, number in found.statuses.most_common():
        print(f"  {status}: {number}")
    print(f"  slowest answer: {found.slowest:.2f} s")
    print(f"  lines of errors in the log: {len(said)}")
    for line in [*found.wrong, *said][:20]:
        print(f"  WRONG {line[:600]}")
    if found.wrong or said:
        raise SystemExit(1)


def own_errors(folder: Path) -> list[str]:
    """What our processes had to say about errors."""
    lines = (folder / "run.log").read_text(errors="replace").splitlines()
    return [line for line in lines if "Traceback" in line or "[error" in line.lower()]


def _all(stack: Stack, count: int, seed: int, clients: int) -> Found:
    parts: list[Found] = []
    address = ("127.0.0.1", stack.port)

    def work(number: int) -> None:
        share = count // clients + (number < count % clients)
        parts.append(try_requests(address, stack.hook_path, "wrong-key", share, f"{seed}.{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Found()
    for part in parts:
        found.statuses += part.statuses
        found.wrong += part.wrong
        found.slowest = max(found.slowest, part.slowest)
    return found
