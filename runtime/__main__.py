"""`python -m runtime run|web|worker|live|upkeep|broker|migrate`: the whole system or one part.

One part alone is for systemd or containers; it finds the broker by REDIS_URL or INSTANCE_DIR.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace

from runtime import broker, logs
from runtime.config import Config, ConfigError
from runtime.run import CannotStart, run
from runtime.unfinished import refuse_unfinished


def main() -> int:
    name = _parser().parse_args().part
    # Database, logs and sockets are for the user who runs us, whatever folder they stand in.
    os.umask(0o077)
    try:
        config = Config.load()
        logs.configure(config.log_format, part=name)
        refuse_unfinished(config)
        if name in NEED_DATABASE:
            _look_at_database(config)
        return PARTS[name](config)
    except ConfigError as error:
        return _refuse(error.problems)
    except (CannotStart, broker.NoBrokerError) as error:
        return _refuse([str(error)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runtime", description=__doc__)
    parser.add_argument("part", nargs="?", default="run", choices=sorted(PARTS))
    return parser


def _look_at_database(config: Config) -> None:
    from runtime import migrate

    migrate.look(config)


def _refuse(problems: list[str]) -> int:
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1


def _web(config: Config) -> int:
    from runtime import web

    web.serve(_with_broker(config))
    return 0


def _worker(config: Config) -> int:
    from runtime import worker

    config = _with_broker(config)
    if not config.redis_url:
        raise CannotStart("no broker: set REDIS_URL, or start one with `python -m runtime broker`")
    worker.work(config)
    return 0


def _live(config: Config) -> int:
    from runtime import live

    live.work(_with_broker(config))
    return 0


def _upkeep(config: Config) -> int:
    from runtime import upkeep

    upkeep.work(_with_broker(config))
    return 0


def _broker(config: Config) -> int:
    if broker.find_url(config):
        raise CannotStart("a broker is already there for this INSTANCE_DIR")
    broker.embedded(config).run()
    return 0


def _migrate(config: Config) -> int:
    from runtime import migrate

    migrate.upgrade(config)
    return 0


def _with_broker(config: Config) -> Config:
    return replace(config, redis_url=broker.find_url(config))


NEED_DATABASE = frozenset({"web", "worker", "live", "upkeep"})
PARTS: dict[str, Callable[[Config], int]] = {
    "run": run,
    "web": _web,
    "worker": _worker,
    "live": _live,
    "upkeep": _upkeep,
    "broker": _broker,
    "migrate": _migrate,
}

if __name__ == "__main__":
    sys.exit(main())
