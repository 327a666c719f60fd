"""The real thing: CRM simulator and `python -m runtime run`, set up through the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from bench import processes
from runtime.ports import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
STOP_SECONDS = 20
WEB_PROCESSES = 2
WORKERS = 2
LIMITS = {"per_second": 100_000, "burst": 100_000, "in_flight": 256}
WORKER_NAME = re.compile(r"^(worker \d+|work-horse)$")


@dataclass
class Stack:
    """A server in `folder`; started and stopped any number of times with what it has stored."""

    database_url: str
    crm_url: str
    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    hook_path: str = ""
    server: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "INSTANCE_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "DEMO": "0",
            "PORT": str(self.port),
            "API_HOSTS": urlsplit(self.crm_url).netloc,
            "LOG_FORMAT": "console",
            "PYTHONPATH": str(ROOT),
        }
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        return kept | own | self.settings

    def start(self) -> None:
        """Start everything and wait until it says that it is ready."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        with (self.folder / "run.log").open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "runtime", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: status(f"http://127.0.0.1:{self.port}/readyz") == 200)

    def stop(self) -> None:
        if self.server is None:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(processes.tree(self.server.pid)):
                os.kill(pid, signal.SIGKILL)
            self.server.wait()
        self.server = None

    def create_integration(self) -> None:
        """One integration whose calls cost four CRM requests each; remembers its webhook."""
        document = json.dumps(integration_file(self.crm_url))
        made = json.loads(self.command("integrations", "create", "-", given=document))
        self.hook_path = urlsplit(made["webhook_url"]).path

    def command(self, *words: str, given: str = "") -> str:
        """Run a command of ours; its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        return done.stdout

    def pids(self) -> list[int]:
        return processes.tree(self.server.pid) if self.server else []

    def workers(self) -> list[int]:
        """The RQ workers and their work-horses of this moment."""
        return [pid for pid in self.pids() if WORKER_NAME.match(processes.name(pid))]

    def live(self) -> list[int]:
        """Those who make cards of the notifications."""
        return [pid for pid in self.pids() if processes.name(pid).startswith("live")]

    def web(self) -> list[int]:
        return [pid for pid in self.pids() if processes.name(pid).startswith("web")]


@dataclass
class Crm:
    """The CRM simulator in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def answer_after(self, seconds: float) -> None:
        post(f"{self.url}/_sim/config", {"latency_seconds": seconds})

    def forget(self) -> None:
        """Back to the demo data, so that what it remembers does not slow it down."""
        post(f"{self.url}/_sim/reset", {})

    def requests(self) -> int:
        """How many requests it has had since `forget`."""
        return int(get(f"{self.url}/_sim/requests?limit=0")["total"])

    def doubled(self) -> int:
        """How much was written more than once."""
        entities = get(f"{self.url}/_sim/audit?counts=0")["entities"]
        return sum(len(entity["doubled"]) for entity in entities.values())


@contextmanager
def crm_simulator() -> Iterator[Crm]:
    signal.signal(signal.SIGTERM, _leave)
    port = free_port()
    words = [sys.executable, "-m", "simulators.behomes", "--port", str(port), "--request-log", "0"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, text=True)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: status(f"{url}/_sim/config") == 200)
        yield Crm(url, process)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@contextmanager
def new_stack(crm_url: str, database_url: str | None = None, **settings: str) -> Iterator[Stack]:
    """A server with a new database (SQLite in its own folder unless given), not yet started."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    own = {"WEB_CONCURRENCY": str(WEB_PROCESSES), "CALL_WORKERS": str(WORKERS)}
    stack = Stack(
        database_url=database_url or f"sqlite:///{folder / 'app.db'}",
        crm_url=crm_url,
        folder=folder,
        port=free_port(),
        settings=own | settings,
    )
    try:
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Told to stop, stop what was started."""
    raise SystemExit(143)


def integration_file(crm_url: str) -> dict[str, Any]:
    """Without a PBX account nothing waits for the calls report: a call is done with its log."""
    from_settings = {"create_client": True, "create": "lead", "owner": "from_settings"}
    return {
        "title": "Bench",
        "timezone": "Asia/Dubai",
        "default_country": "AE",
        "locale": "en",
        "behomes": {"base_url": crm_url, "api_key": "demo-behomes-key", "limits": LIMITS},
        "user_mapping": [{"crm_user_id": "u_17", "employee_id": "101"}],
        "settings": {
            "incoming": {"first": from_settings},
            "responsible": {"incoming_user_id": "u_19", "outgoing_user_id": "u_20"},
        },
        "publish": True,
    }


def wait_until(is_so: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    ends_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"not so after {seconds:.0f} seconds")
        time.sleep(0.05)


def status(url: str) -> int | None:
    """The status of a GET; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def post(url: str, body: Any) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
