"""Two hosts over one PostgreSQL and one broker; one of them dies with all its processes.

The first runs as a whole (`run`), the second part by part, as under systemd or in containers. They
share two servers and what their environment says; each has a folder of its own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from itertools import cycle
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from sqlalchemy import create_engine, text

from app import create_app
from models import db
from runtime import keys
from runtime.config import ROOT, Config
from runtime.ports import free_port
from services.create_login import create_login
from tests.broker import running_broker
from tests.consoles import EMAIL, PASSWORD, Console, log_in
from tests.factories import make_integration, wait_until
from tests.notifications import KNOWN, answered_call, event
from tests.raw_server import raw_server, reply
from tests.simulated import behomes_simulator
from tests.stack import START_SECONDS, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

SCHEMA = "two_hosts"
CALLS = 40
AUDIO = b"ID3" + bytes(range(256)) * 40


class Host(Stack):
    """A machine: processes with nothing in common but what `environ` says."""

    def __init__(self, folder, shared):
        folder.mkdir()
        own = {"INSTANCE_DIR": str(folder / "instance"), "PORT": str(free_port())}
        super().__init__({**os.environ, **shared, **own}, None, folder / "log")
        self.roots = []

    def start(self, part):
        """Begin a part as the leader of a process group of its own."""
        command = [sys.executable, "-m", "runtime", part]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        self.process = process
        self.roots.append(process)
        return process

    def all_processes(self):
        found = []
        for root in self.roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [psutil.Process(root.pid), *psutil.Process(root.pid).children(True)]
        return found

    def is_asking(self, port):
        """Whether a work-horse of this host is in the middle of requests to the CRM."""
        for process in self.all_processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.name() == "work-horse" and any(
                    each.raddr and each.raddr.port == port and each.status == "ESTABLISHED"
                    for each in process.net_connections()
                ):
                    return True
        return False

    def files(self):
        return set(os.listdir(self.environ["INSTANCE_DIR"]))

    def die(self):
        """The power goes: no process has time for a last word."""
        for process in self.all_processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for root in self.roots:
            root.wait(timeout=10)

    def stop(self):
        for root in reversed(self.roots):
            root.terminate()
        for root in self.roots:
            root.wait(timeout=20)


@pytest.fixture
def database_url(postgres_url):
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    mark = "&" if "?" in postgres_url else "?"
    yield f"{postgres_url}{mark}options=-csearch_path%3D{SCHEMA}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {SCHEMA} CASCADE"))
    engine.dispose()


@pytest.fixture
def crm():
    with behomes_simulator() as running:
        running.control("POST", "/_sim/config", {"idempotency": "off"})
        yield running


@pytest.fixture
def media():
    def audio(server, connection):
        while server.read_request(connection):
            connection.sendall(reply(AUDIO, headers=["Content-Type: audio/mpeg"]))

    with raw_server(audio) as running:
        yield running


@pytest.fixture
def hosts(database_url, crm, media, tmp_path):
    """Both hosts, started at once over an empty database; the second without a worker yet."""
    with running_broker() as broker:
        shared = {
            "DATABASE_URL": database_url,
            "REDIS_URL": broker.url,
            "SECRET_KEY": keys.new_secret(),
            "ENCRYPTION_KEYS": keys.new_fernet_key(),
            "PUBLIC_BASE_URL": "http://calls.example.com",
            "API_HOSTS": f"{urlsplit(crm.url).netloc},{media.host}",
            "DEMO": "0",
            "SETTLE_SECONDS": "2",
            "ENRICH_SECONDS": "0",
            "WEB_CONCURRENCY": "1",
            "LOG_FORMAT": "json",
        }
        one, two = Host(tmp_path / "one", shared), Host(tmp_path / "two", shared)
        try:
            one.start("run")
            assert two.start("migrate").wait(timeout=START_SECONDS) == 0, two.log.read_text()
            for part in ("web", "live", "upkeep"):
                two.start(part)
            for host in (one, two):
                wait_until(host.is_ready, seconds=START_SECONDS)
            yield one, two
        finally:
            two.stop()
            one.die()


def join(host, crm, media):
    """An integration, and a login for employee 101; the path of the webhook."""
    app = create_app(Config.from_environ(host.environ))
    made = make_integration(app, crm, callgear={"media_hosts": [media.host]})
    with app.app_context():
        create_login(db.session(), EMAIL, "employee", PASSWORD, integration_ids=[made.id])
        db.engine.dispose()
    app.extensions["ports"].http.close()
    return urlsplit(made.webhook_url).path


def post(hosts, path, body):
    """As a balancer: to the first host; to the next one if that does not answer."""
    for host in hosts:
        with contextlib.suppress(requests.RequestException):
            answer = requests.post(host.url + path, json=body, timeout=10)
            if answer.status_code == 200:
                return answer.json()["status"]
    raise AssertionError("no host took a notification")


def spread(hosts, path, calls):
    """The notifications of many calls, in turns to both hosts; some to both."""
    turns = cycle([hosts, hosts[::-1]])
    for number in calls:
        phone = f"9715001{number:05}"
        for position, body in enumerate(answered_call(str(number), contact_phone_number=phone)):
            order = next(turns)
            post(order, path, body)
            if position == 3:
                post(order[::-1], path, body)


def written(crm):
    """What stands in the CRM; nothing of it twice."""
    told = crm.control("GET", "/_sim/audit")
    assert told["doubled_phones"] == {}
    assert [one["doubled"] for one in told["entities"].values() if one["doubled"]] == []
    return {name: one["total"] for name, one in told["entities"].items() if one["total"]}


def test_a_host_that_dies_loses_and_doubles_nothing(hosts, crm, media, database_url):
    one, two = hosts
    path = join(one, crm, media)

    # Log in at the one, go on at the other; a notification that one takes rings at the other.
    browser = log_in(one.url)
    console = Console(browser, two.url)
    assert console.next("snapshot")["cards"] == []
    ring = event("waiting_answer", "1", employee_id=101, contact_phone_number=KNOWN)
    assert post([one], path, ring) == "accepted"
    assert console.next("card")["call"] == "1"

    # Only the first has workers: it signs the link of this recording.
    phone = {"contact_phone_number": "971500199999"}
    for body in answered_call("2", **phone):
        post([two], path, body)
    post([one], path, event("record_ready", "2", 120, file_link=f"{media.url}/2/a", **phone))
    recorded = wait_until(lambda: recordings(crm), seconds=30)

    # Both work; the first dies in the middle of requests.
    two.start("worker")
    crm.control("POST", "/_sim/config", {"latency_seconds": 0.4})
    numbers = range(100, 100 + CALLS)
    sending = threading.Thread(target=spread, args=(hosts, path, numbers))
    sending.start()
    port = urlsplit(crm.url).port
    wait_until(lambda: written(crm).get("leads", 0) > 3 and one.is_asking(port), seconds=30)
    one.die()
    at_death = written(crm)["calls"]
    sending.join(timeout=60)

    assert browser.get(f"{two.url}/console", timeout=10).status_code == 200
    heard = requests.get(two.url + urlsplit(recorded[0]["url"]).path, timeout=10)
    assert (heard.status_code, heard.content) == (200, AUDIO)
    crm.control("POST", "/_sim/config", {"latency_seconds": 0.05})
    assert at_death < CALLS
    everything = {"clients": CALLS + 1, "leads": CALLS + 1, "calls": CALLS + 1}
    wait_until(lambda: written(crm) == everything, seconds=60)
    wait_until(lambda: stored(database_url, numbers) == ({"written": CALLS}, CALLS * 5))
    assert written(crm) == everything
    for host in hosts:
        assert {"app.db", "secret_key", "encryption_keys", "broker.url"} & host.files() == set()


def recordings(crm):
    calls = crm.control("GET", "/_sim/written?entity=calls")["calls"]
    return [each for call in calls for each in call.get("recordings") or ()]


def stored(database_url, numbers):
    """How many of these calls are in which state; how many notifications are kept of them."""
    wanted = {"ids": [str(number) for number in numbers]}
    mine = "WHERE call_session_id = ANY(:ids)"
    engine = create_engine(database_url)
    with engine.connect() as connection:
        by_state = f"SELECT state, count(*) FROM call_session {mine} GROUP BY state"
        states = {row[0]: row[1] for row in connection.execute(text(by_state), wanted)}
        inbox = text(f"SELECT count(*) FROM notification {mine}")
        kept = connection.execute(inbox, wanted).scalar_one()
    engine.dispose()
    return states, kept
