"""python -m chaos.sabotaged WHAT: the product with one safeguard taken out, for negative controls.

The product has no such switches: what is replaced here is replaced in this process before its
parts are forked from it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import redis

LIST = "chaos-inbox"


def take_out_ledger() -> None:
    """That a create is being sent is not noted before it is sent."""
    from services import carry_out
    from services.steps import Send

    def send(operation: str, call: Any, _before: Any = None) -> Send:
        return Send(operation, call)

    carry_out.Send = send  # type: ignore[assignment,misc]


def take_out_lock() -> None:
    """Any number of workers and calls hold the same contact at once."""
    from services import claims
    from services.contact_locks import ContactLocks

    def lock(_connection: Any, _token: str, keys: Iterable[str]) -> set[str]:
        return set(keys)

    take = ContactLocks.take

    def take_all(self: ContactLocks, connection: Any) -> Any:
        self._holders.clear()
        return take(self, connection)

    claims.lock = claims.locks_still_mine = lock  # type: ignore[assignment]
    ContactLocks.take = take_all  # type: ignore[method-assign]


def take_out_settle() -> None:
    """What may have been written is sent again as soon as one search does not find it."""
    from services.knobs import Knobs

    of = Knobs.of
    Knobs.of = lambda ports: replace(of(ports), settle_seconds=0.0)  # type: ignore[method-assign]


def take_out_inbox() -> None:
    """A notification is answered when the broker has it; workers bring it to SQL later."""
    from services import drain, due, inbox

    store, is_any_due = inbox.Inbox.store, due.is_any_due
    inboxes: dict[int, inbox.Inbox] = {}  # by process

    def push(_self: inbox.Inbox, row: tuple[Any, ...]) -> bool:
        try:
            with _broker() as broker:
                broker.rpush(LIST, json.dumps(row))
        except (redis.RedisError, OSError) as error:
            raise inbox.NotStored from error
        return True

    def bring_then_look(connection: Any) -> bool:
        own = inboxes.setdefault(os.getpid(), inbox.Inbox(connection.engine))
        with contextlib.suppress(redis.RedisError, OSError), _broker() as broker:
            while row := broker.lpop(LIST):
                store(own, tuple(json.loads(row)))
        return is_any_due(connection)

    inbox.Inbox.store = push  # type: ignore[method-assign]
    drain.is_any_due = due.is_any_due = bring_then_look


def _broker() -> redis.Redis:
    url = (Path(os.environ["INSTANCE_DIR"]) / "broker.url").read_text().strip()
    return redis.Redis.from_url(url, socket_timeout=2)


SABOTAGES: dict[str, Callable[[], None]] = {
    "ledger": take_out_ledger,
    "lock": take_out_lock,
    "settle": take_out_settle,
    "inbox": take_out_inbox,
}


def main() -> None:
    SABOTAGES[sys.argv[1]]()
    from runtime.__main__ import main as run

    sys.argv = ["runtime", "run"]
    sys.exit(run())


if __name__ == "__main__":
    main()
