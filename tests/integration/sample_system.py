"""A small system under the real supervisor: `python sample_system.py LOG MODE`.

Each part writes what happens to it into LOG, one line each: `start NAME PID`, `stop NAME PID`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from runtime import part, process
from runtime.part import Part
from runtime.supervisor import Supervisor

LOG = Path(sys.argv[1])


def note(*words: object) -> None:
    with LOG.open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


def live(name: str) -> None:
    def stop(*_: object) -> None:
        note("stop", name, os.getpid())
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    note("start", name, os.getpid())
    while True:
        time.sleep(0.05)


def be_stubborn(name: str) -> None:
    """Ignores SIGTERM, and has a child of its own that does so too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        note("start", f"{name}-child", os.getpid())
    else:
        note("start", name, os.getpid())
    while True:
        time.sleep(0.05)


def fail(name: str, code: int) -> None:
    note("start", name, os.getpid())
    raise SystemExit(code)


def sample(name: str) -> Part:
    return Part(name, partial(live, name), lambda: f"start {name} " in LOG.read_text(), 2.0)


MODES = {
    "good": [[sample("a")], [sample("b"), sample("b2")], [sample("c")]],
    "stubborn": [[sample("a")], [Part("s", partial(be_stubborn, "s"), grace_seconds=0.3)]],
    "never-ready": [
        [sample("a")],
        [Part("f", partial(fail, "f", 3), lambda: False)],
        [sample("c")],
    ],
    "task": [[], [sample("a")], [Part("t", partial(fail, "t", 0), once=True)], [sample("c")]],
    "bad-task": [[sample("a")], [Part("t", partial(fail, "t", 3), once=True)], [sample("c")]],
    "later-task": [[sample("a")], [Part("t", partial(fail, "t", 75), once=True)]],
}

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    part.FIRST_DELAY_SECONDS = 0.2
    process.set_name("sample system")
    LOG.touch()
    supervisor = Supervisor(MODES[sys.argv[2]])
    meanwhile = partial(note, "meanwhile", "-", os.getpid())
    sys.exit(supervisor.run(meanwhile=meanwhile, announce=partial(note, "ready", "-", os.getpid())))
