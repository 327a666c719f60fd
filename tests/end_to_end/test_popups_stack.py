"""A ringing phone's card, through all processes, as a browser would get it."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import psutil
import pytest
import requests

from tests.consoles import EMAIL, PASSWORD, Console, log_in
from tests.factories import wait_until
from tests.notifications import KNOWN, event
from tests.simulated import behomes_simulator
from tests.stack import running

pytestmark = pytest.mark.e2e


@pytest.fixture
def system(tmp_path):
    with behomes_simulator() as crm:
        host = crm.url.removeprefix("http://")
        with running(tmp_path, DEMO="0", API_HOSTS=host) as stack:
            file = {
                "title": "Dubai office",
                "behomes": {"base_url": crm.url, "api_key": crm.key},
                "user_mapping": [{"employee_id": "101", "crm_user_id": "u_17"}],
            }
            stack.made = stack.flask("integrations", "create", "-", typed=json.dumps(file))
            # Until the account has answered once, nobody is asked whose number it is.
            wait_until(lambda: "account" in str(crm.control("GET", "/_sim/requests")))
            yield stack


def ring(system, call_id):
    now = datetime.now(ZoneInfo("Asia/Dubai")).replace(tzinfo=None)
    body = event("waiting_answer", call_id, employee_id=101, direction="in")
    body |= {"contact_phone_number": KNOWN, "notification_time": now.isoformat(" ")}
    assert requests.post(system.made["webhook_url"], json=body, timeout=10).status_code == 200


def kill(system, name):
    """Kill a part; it starts again by itself."""
    (found,) = (each for each in children(system) if each.name() == name)
    found.kill()
    return found.pid


def children(system):
    return psutil.Process(system.process.pid).children(recursive=True)


def test_card_comes_through_all_processes_also_after_a_kill_and_without_redis(system):
    words = ("users", "create", "--email", EMAIL, "--role", "employee", "--password-stdin")
    system.flask(*words, "--integration", str(system.made["id"]), typed=f"{PASSWORD}\n")
    console = Console(log_in(system.url), system.url)
    assert console.next("snapshot")["cards"] == []

    ring(system, "1")
    card = console.next("card")
    assert (card["call"], card["announce"]) == ("1", True)
    while card["client"] is None:  # the index may know the caller before the CRM is asked
        card = console.next("card")
    assert card["client"]["id"] == "c_501"

    killed = kill(system, "live")
    ring(system, "2")
    assert console.next("card")["call"] == "2"
    assert killed not in [each.pid for each in children(system)]

    for process in children(system):
        if "valkey" in process.name() or "redis" in process.name():
            process.suspend()
            ring(system, "3")
            assert wait_until(lambda: console.next("card")["call"] == "3")
            process.resume()
