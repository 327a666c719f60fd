"""The first command of the README, as a person runs it: start, look, stop, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import psutil
import pytest
import requests

from runtime.config import ROOT
from runtime.ports import free_port

START_SECONDS = 60  # the contract says 15 on a machine that has nothing else to do
STOP_SECONDS = 15


def status(url):
    try:
        return requests.get(url, timeout=5).status_code
    except requests.ConnectionError:
        return None


def wait_for(condition, process):
    ends_at = time.monotonic() + START_SECONDS
    while not condition():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < ends_at, "waited too long"
        time.sleep(0.1)


class Started:
    """The running command."""

    def __init__(self, folder):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.instance = folder / "my instance"
        self.out = folder / "out"
        settings = {"PORT": str(port), "INSTANCE_DIR": str(self.instance), "DEMO": "1"}
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [ROOT / "run.sh"], cwd="/", env={**os.environ, **settings}, stdout=out
            )

    def wait_until_ready(self):
        wait_for(lambda: f"{self.url}/\n" in self.out.read_text(), self.process)
        # The address is told when /readyz says yes, or after some patience.
        assert status(f"{self.url}/readyz") not in (None, 503)

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def start(tmp_path):
    begun = []

    def start_one():
        begun.append(Started(tmp_path))
        begun[-1].wait_until_ready()
        return begun[-1]

    yield start_one
    for one in begun:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(timeout=STOP_SECONDS)


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_start_and_stop(start, number):
    started = start()
    family = started.family()

    started.process.send_signal(number)

    assert started.process.wait(timeout=STOP_SECONDS) == 0
    assert len(family) >= 8
    assert [one for one in family if one.is_running()] == []
    assert status(started.url) is None
    assert not (started.instance / "broker.url").exists()


@pytest.mark.e2e
def test_killed_system_leaves_nothing_and_starts_again(start):
    first = start()
    family = first.family()

    first.process.kill()
    first.process.wait()
    gone, left = psutil.wait_procs(family, timeout=5)

    assert (len(gone), left) == (len(family), [])
    start()


@pytest.mark.e2e
def test_files_are_for_their_owner_only(start):
    started = start()

    modes = {path.name: path.stat().st_mode & 0o077 for path in started.instance.iterdir()}

    assert {name for name, mode in modes.items() if mode} == set()
    assert {"app.db", "secret_key", "encryption_keys", "broker.url"} <= set(modes)
