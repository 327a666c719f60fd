"""Our gunicorn with the small application of sample_web.py, as processes of its own."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from runtime.config import ROOT
from tests.factories import wait_until

PROGRAM = Path(__file__).with_name("sample_web.py")


def answers(url):
    try:
        return requests.get(f"{url}/length", timeout=5).ok
    except requests.ConnectionError:
        return False


@contextmanager
def sample_server():
    """The gunicorn master and its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = psutil.Popen(
        [sys.executable, str(PROGRAM), str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url))
    try:
        yield process, url
    finally:
        if process.is_running():
            process.kill()
            process.wait()
