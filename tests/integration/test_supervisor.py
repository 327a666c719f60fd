"""The supervisor with real processes; what they do stands in sample_system.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from runtime.config import ROOT

PROGRAM = Path(__file__).with_name("sample_system.py")


class System:
    """A running sample system and its log."""

    def __init__(self, folder, mode):
        self.log = folder / "log"
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(self.log), mode],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self):
        text = self.log.read_text() if self.log.exists() else ""
        return [line.split() for line in text.splitlines()]

    def said(self, *kinds):
        return [name for kind, name, _ in self.lines() if kind in kinds]

    def pids(self, name=None):
        return [
            int(pid) for kind, part, pid in self.lines() if kind == "start" and name in (None, part)
        ]

    def wait_for(self, condition, seconds=10):
        ends_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < ends_at, f"{self.lines()} {self.process.poll()}"
            time.sleep(0.02)

    def wait_until_ready(self):
        self.wait_for(lambda: ["ready", "-", str(self.process.pid)] in self.lines())

    def end(self, seconds=10):
        _, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, errors


def alive(pids):
    return [pid for pid in pids if psutil.pid_exists(pid) and not is_zombie(pid)]


def is_zombie(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def start(tmp_path):
    systems = []

    def start_mode(mode):
        systems.append(System(tmp_path, mode))
        return systems[-1]

    yield start_mode
    for system in systems:
        system.process.kill()
        system.process.wait()
        system.process.stderr.close()
        system.wait_for(lambda system=system: not alive(system.pids()))


def test_stages_start_one_after_the_other(start):
    system = start("good")

    system.wait_until_ready()

    names = [name if kind == "start" else kind for kind, name, _ in system.lines()]
    assert names.index("a") < names.index("b") < names.index("c") < names.index("ready")
    assert names.index("meanwhile") < names.index("b2") < names.index("c")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stop_is_in_reverse_and_leaves_no_process(start, number):
    system = start("good")
    system.wait_until_ready()

    system.process.send_signal(number)
    code, _ = system.end()

    assert code == 0
    stops = system.said("stop")
    assert (stops[0], stops[-1], sorted(stops)) == ("c", "a", ["a", "b", "b2", "c"])
    assert not alive(system.pids())


def test_crashed_part_starts_again_later_each_time(start):
    system = start("good")
    system.wait_until_ready()

    delays = []
    for starts in (2, 3):
        os.kill(system.pids("b")[-1], signal.SIGKILL)
        killed_at = time.monotonic()
        system.wait_for(lambda starts=starts: len(system.pids("b")) == starts)
        delays.append(time.monotonic() - killed_at)

    assert delays[0] >= 0.2
    assert delays[1] >= 0.4
    assert len(system.pids("a")) == len(system.pids("c")) == 1


def test_killed_supervisor_leaves_no_orphan(start):
    system = start("good")
    system.wait_until_ready()
    assert alive(system.pids())

    system.process.kill()
    system.process.wait()

    system.wait_for(lambda: not alive(system.pids()), seconds=3)
    assert not alive(system.pids())


def test_part_that_ignores_sigterm_is_killed_with_its_children(start):
    system = start("stubborn")
    system.wait_until_ready()
    system.wait_for(lambda: len(system.pids()) == 3)

    system.process.terminate()
    code, _ = system.end(seconds=5)

    assert code == 0
    assert not alive(system.pids())


def test_part_that_never_gets_ready_stops_everything(start):
    system = start("never-ready")

    code, errors = system.end(seconds=15)

    assert code == 1
    assert "f failed 5 times" in errors
    assert (system.said("start"), system.said("stop")) == (["a", *"fffff"], ["a"])


def test_task_runs_once_before_the_next_stage(start):
    system = start("task")

    system.wait_until_ready()
    system.process.terminate()
    code, _ = system.end()

    assert code == 0
    assert system.said("start") == ["a", "t", "c"]


def test_broken_task_ends_the_start_at_once(start):
    code, errors = start("bad-task").end()

    assert code == 1
    assert "t ended with 3" in errors


def test_task_that_waits_for_something_is_tried_again(start):
    system = start("later-task")

    code, errors = system.end(seconds=15)

    assert code == 1
    assert len(system.pids("t")) == 5
    assert "t failed 5 times" in errors


def test_stop_during_the_start(start):
    system = start("never-ready")
    system.wait_for(lambda: system.pids("f"))

    system.process.terminate()
    code, _ = system.end()

    assert code == 0
    assert not alive(system.pids())
