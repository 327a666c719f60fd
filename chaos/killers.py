"""Those who kill: workers, the web, the broker, the database. Each counts what it really did."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import redis

from bench import processes
from bench.postgres import Server
from chaos.product import Product, kill

WORKER_EVERY = (1.0, 2.5)
STOP_SECONDS = 300
EVERYBODY = ("workers", "broker", "web", "database")


class Killer(threading.Thread):
    """Acts again and again, so many seconds apart, until it is stopped."""

    def __init__(
        self, act: Callable[[random.Random], str], every: tuple[float, float], seed: str
    ) -> None:
        super().__init__(name=seed, daemon=True)
        self._act = act
        self._every = every
        self._dice = random.Random(seed)
        self._stopping = threading.Event()
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []

    def run(self) -> None:
        while not self._stopping.wait(self._dice.uniform(*self._every)):
            try:
                done = self._act(self._dice)
            except Exception as error:
                # One that fails is told at the end; the others go on.
                self.errors.append(f"{self.name}: {error!r}")
                continue
            if done:
                self.counts[done] += 1

    def stop(self) -> None:
        self._stopping.set()
        self.join(STOP_SECONDS)


class Killers:
    """Those that are `wanted`, for a campaign of so many seconds: the database is restarted once or
    twice, the others come back every few seconds, more seldom in a long campaign."""

    def __init__(
        self,
        product: Product,
        server: Server | None,
        seed: int,
        *,
        seconds: float,
        wanted: tuple[str, ...] = EVERYBODY,
    ) -> None:
        self._product = product
        self._server = server
        self._web_kills = 0
        # Who is killed often waits longer and longer for his next start.
        slow = max(1.0, seconds / 30)
        restart = 0.3 if server else 0.45  # starting all of us takes longer
        acts = {
            "workers": (self._kill_worker, WORKER_EVERY),
            "broker": (self._hurt_broker, (2.0 * slow, 4.0 * slow)),
            "web": (self._kill_web, (3.0 * slow, 5.0 * slow)),
            "database": (self._restart_database, (seconds * restart, seconds * (restart + 0.1))),
        }
        self._threads = [Killer(*acts[name], f"{name} {seed}") for name in wanted]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, *, but: str = "") -> Counter[str]:
        """Stop killing, all but one of them; what was done. Raises RuntimeError if some killer
        could not do its work."""
        stopped = [thread for thread in self._threads if not thread.name.startswith(but or " ")]
        self._threads = [thread for thread in self._threads if thread not in stopped]
        for thread in stopped:
            thread.stop()
        errors = [error for thread in stopped for error in thread.errors]
        if errors:
            raise RuntimeError("; ".join(errors[:5]))
        return sum((thread.counts for thread in stopped), Counter())

    def _kill_worker(self, dice: random.Random) -> str:
        """The child, the parent, or both. Waits for a child that is at work."""
        with self._product.restarting:
            what = dice.choices(("child", "parent", "both"), weights=(6, 2, 2))[0]
            horses = self._product.named("work-horse")
            if what == "parent":
                victims = self._product.named("worker ")[:1]
            elif not horses:
                return ""
            else:
                victims = horses[:1]
            if what == "both":
                victims.append(processes.parent(victims[0]))
            killed = [kill(pid) for pid in victims]
            return f"worker killed: {what}" if killed and all(killed) else ""

    def _hurt_broker(self, dice: random.Random) -> str:
        with self._product.restarting:
            if dice.random() < 0.5:
                killed = [kill(pid) for pid in self._product.broker()]
                return "broker killed" if any(killed) else ""
            url = (self._product.folder / "broker.url").read_text().strip()
            try:
                with redis.Redis.from_url(url, socket_timeout=2) as connection:
                    connection.flushall()
            except redis.RedisError:
                return ""  # it was killed just before and is not up again
            return "broker flushed"

    def _kill_web(self, dice: random.Random) -> str:
        """A web process, sometimes their parent too: surely the third time."""
        with self._product.restarting:
            pids = self._product.web()
            if not pids:
                return ""
            self._web_kills += 1
            whole = self._web_kills == 3 or dice.random() < 0.15
            killed = [kill(pid) for pid in (pids if whole else pids[1:2])]
            return f"web killed: {'all' if whole else 'one'}" if any(killed) else ""

    def _restart_database(self, _dice: random.Random) -> str:
        """PostgreSQL: stopped without ado and started. SQLite lives in our processes: all of them
        are killed and started again."""
        with self._product.restarting:
            if self._server is not None:
                self._server.crash()
                time.sleep(0.3)
                self._server.start()
                return "database restarted"
            self._product.kill()
            self._product.launch()
            self._product.wait_until_ready()
            return "database restarted with everything"
