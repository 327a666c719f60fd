"""The real stack in an operator's hands: keys, backup and restore while calls come in."""

from __future__ import annotations

import json
import threading

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.factories import wait_until
from tests.joined import Joined
from tests.notifications import answered_call
from tests.simulated import behomes_simulator
from tests.stack import running

pytestmark = pytest.mark.e2e

PASSPHRASE = "a long walk along the creek"
PAUSE, LAST = 0.2, 3
SETTINGS = {"SETTLE_SECONDS": "2", "ENRICH_SECONDS": "0", "DEMO": "0", "CALL_WORKERS": "1"}


def call(number):
    """A call of a client of its own, whom nobody has yet."""
    return answered_call(str(700000200 + number), contact_phone_number=f"97155{1_000_000 + number}")


class Pbx:
    """Sends calls one after the other, in a thread, and keeps every answer."""

    def __init__(self, stack, *, calls=None):
        self.answers, self.calls = [], 0
        self._hook, self._most = stack.made["webhook_url"], calls
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self):
        with requests.Session() as session:
            while self.calls != self._most:
                for body in call(self.calls):
                    self.answers.append(session.post(self._hook, json=body, timeout=10).status_code)
                self.calls += 1
                if self._enough.wait(PAUSE) and self._most is None:
                    self._most = self.calls + LAST

    def has_sent(self, calls):
        wait_until(lambda: self.calls >= calls, seconds=120)

    def end(self):
        """A few more, and that is all."""
        self._enough.set()
        self._thread.join()


def lines_about(stack, call_id):
    found = [line for line in stack.log.read_text().splitlines() if line.startswith("{")]
    return [told for told in map(json.loads, found) if told.get("call") == call_id]


def metric(stack, start):
    said = requests.get(f"{stack.url}/metrics", timeout=10).text
    return sum(float(line.split()[-1]) for line in said.splitlines() if line.startswith(start))


def written(stack):
    """How many calls the new instance knows to be written."""
    engine = create_engine(f"sqlite:///{stack.environ['INSTANCE_DIR']}/app.db")
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM call_session WHERE state = 'written'")
        found = connection.execute(query).scalar_one()
    engine.dispose()
    return found


def test_keys_and_backup_while_calls_come_and_the_way_back(tmp_path):
    passphrase, backup = tmp_path / "passphrase", tmp_path / "backup.tar"
    passphrase.write_text(PASSPHRASE + "\n")
    words = ("--passphrase-file", str(passphrase))
    with behomes_simulator() as crm:
        crm.control("POST", "/_sim/config", {"idempotency": "off", "latency_seconds": 0.02})
        hosts = {"API_HOSTS": crm.url.removeprefix("http://")}
        (tmp_path / "first").mkdir()
        with running(tmp_path / "first", WEB_CONCURRENCY="2", **hosts, **SETTINGS) as system:
            stack = Joined(system.environ, system.process, system.log, crm)
            stack.create()
            pbx = Pbx(stack)
            pbx.has_sent(3)
            rotated = stack.flask("keys", "rotate", "--new")
            made = stack.flask("backup", "create", str(backup), *words)
            dropped = stack.flask("keys", "drop-old")
            pbx.end()
            everything = {"clients": pbx.calls, "leads": pbx.calls, "calls": pbx.calls}
            wait_until(lambda: stack.audit() == everything, seconds=120)

            assert set(pbx.answers) == {200}
            assert (rotated["unopened"], len(rotated["keys"])) == (0, 2)
            assert (len(dropped["keys"]), len(dropped["dropped"])) == (1, 1)
            assert made["rows"]["integration"] == 1
            assert metric(stack, 'hook_seconds_count{answer="accepted"}') == pbx.calls * 5
            assert metric(stack, 'crm_writes_total{kind="lead",result="done"}') == pbx.calls
            told = lines_about(stack, str(700000200 + pbx.calls - 1))
            assert {line["part"].split()[0] for line in told} == {"web", "worker", "live"}
            assert {line["integration"] for line in told} == {stack.made["id"]}
            parts = requests.get(f"{stack.url}/readyz", timeout=10).json()["parts"]
            assert set(parts.values()) == {"ok"}
            assert set(parts) >= {"upkeep", "live", "workers", "broker"}

        second = tmp_path / "second"
        second.mkdir()
        elsewhere = Joined(
            stack.environ | {"INSTANCE_DIR": str(second / "instance")}, None, None, crm, stack.made
        )
        restored = elsewhere.flask("backup", "restore", str(backup), *words)
        assert restored["keys_written"]
        port = {"PORT": stack.environ["PORT"]}
        with running(second, **port, **hosts, **SETTINGS) as system:
            again = Joined(system.environ, system.process, system.log, crm, stack.made)
            known = restored["rows"]["call_session"]
            assert 3 <= known < pbx.calls
            more = Pbx(again, calls=pbx.calls)  # as the comparison with the report tells them again
            more.end()

            assert set(more.answers) == {200}
            wait_until(lambda: written(again) == pbx.calls, seconds=90)
            assert again.audit() == everything
