"""The same work for many, some at a time: who is slow holds up a thread, not all the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from services.ports import Ports

T = TypeVar("T")
R = TypeVar("R")

# They wait for others' servers; each holds a database connection now and then.
THREADS = 16


def side_by_side(work: Callable[[T], R], items: Sequence[T], ports: Ports) -> list[R]:
    """What the work returns for each; returns when all are done, and raises what the first to fail
    has raised. One alone is done by the caller's thread."""
    if len(items) <= 1:
        return [work(item) for item in items]

    def run(item: T) -> R:
        try:
            return work(item)
        finally:
            ports.http.close()  # this thread ends; its connections with it

    with ThreadPoolExecutor(min(THREADS, len(items)), thread_name_prefix="office") as pool:
        return [future.result() for future in [pool.submit(run, item) for item in items]]
