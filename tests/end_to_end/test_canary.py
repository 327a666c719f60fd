"""Recognisable keys, passwords, numbers and names go in at every door of the real system; then
everything that it leaves behind is searched for them."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import redis
import requests

from services.vault import token_hash
from tests.factories import wait_until
from tests.simulated import behomes_simulator
from tests.stack import Stack, running

pytestmark = pytest.mark.e2e

CRM_KEY = "canary-crm-key-5d1f0c"
PBX_TOKEN = "canary-pbx-token-88aa31"
SECRET_KEY = "canary-session-signing-key-0123456789abcdef"
PASSWORD, WRONG_PASSWORD = "canary Horse 2291", "canary Donkey 7714"
PHONE, NAME = "971509876543", "Canarina Personova"
EMPLOYEE = "Agent Canaryson"
ADMIN = "admin@example.com"


@dataclass
class Left:
    """The running system, what it was given, and where its traces are."""

    stack: Stack
    made: dict[str, Any]
    browser: requests.Session
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return Path(self.stack.environ["INSTANCE_DIR"])


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    folder = tmp_path_factory.mktemp("canary")
    with behomes_simulator() as crm:
        users = [{"id": "u_17", "name": EMPLOYEE, "email": "agent.one@example.com"}]
        account = {"key": CRM_KEY, "account_id": "acc_1", "users": users}
        crm.control("POST", "/_sim/reset", {"seed": {"accounts": [account]}})
        hosts = f"{urlsplit(crm.url).netloc},127.0.0.1:9"
        options = {"DEMO": "0", "API_HOSTS": hosts, "SECRET_KEY": SECRET_KEY}
        with running(folder, **options) as stack:
            yield _used(stack, crm)


def _used(stack, crm):
    """Go in at every door, rightly and wrongly."""
    made = stack.flask("integrations", "create", "-", typed=json.dumps(_file(crm)))
    words = ("users", "create", "--email", ADMIN, "--role", "admin", "--password-stdin")
    stack.flask(*words, typed=f"{PASSWORD}\n")
    hook = stack.url + urlsplit(made["webhook_url"]).path
    for body in _notifications(made["webhook_secret"]):
        requests.post(hook, data=body, timeout=10)
    requests.get(f"{hook}/manager", params={"numa": PHONE, "secret": "x"}, timeout=10)
    requests.post(f"{hook}x", data=_notifications("")[0], timeout=10)
    _ask_the_api(stack.url, made["api_key"])
    left = Left(stack, made, _logged_in(stack.url))
    left.secrets = {
        "key of the CRM": CRM_KEY,
        "key of the PBX": PBX_TOKEN,
        "key of sessions": SECRET_KEY,
        "password": PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "token of the webhook": urlsplit(made["webhook_url"]).path.rpartition("/")[2],
        "secret of the webhook": made["webhook_secret"],
        "key of the API": made["api_key"],
        "cookie": left.browser.cookies["session"],
        "encryption key": (left.folder / "encryption_keys").read_text().strip(),
    }
    return left


def _file(crm):
    lead = {"create": "lead", "owner": "from_settings"}
    pbx = {"data_api_url": "http://127.0.0.1:9/v2.0", "call_api_url": "http://127.0.0.1:9/v4.0"}
    return {
        "title": "Dubai office",
        "behomes": {"base_url": crm.url, "api_key": CRM_KEY},
        "callgear": {**pbx, "access_token": PBX_TOKEN},
        "user_mapping": [{"employee_id": "101", "crm_user_id": "u_17"}],
        "settings": {
            "incoming": {"first": lead, "repeat": lead},
            "responsible": {"incoming_user_id": "u_17", "outgoing_user_id": "u_17"},
        },
        "publish": True,
    }


def _notifications(secret):
    call = {
        "event": "incoming_call",
        "call_session_id": 700000101,
        "contact_phone_number": PHONE,
        "contact_full_name": NAME,
        "virtual_phone_number": "97142000001",
        "notification_time": "2026-03-01 14:40:24.101",
    }
    end = {**call, "event": "call_finished", "total_time_duration": 20, "talk_time_duration": 10}
    return [
        json.dumps({**call, "secret": secret}),
        json.dumps({**end, "employee_id": 101, "employee_full_name": EMPLOYEE}),
        json.dumps({**call, "secret": "canary-wrong-secret"}),
        '{"contact_phone_number": "' + PHONE + '", "secret": "' + secret + '", ',
        f"contact_phone_number={PHONE}&contact_full_name={NAME}&event=chat",
    ]


def _ask_the_api(url, key):
    headers = {"Authorization": f"Bearer {key}"}
    body = {"request_id": "r", "user_id": "u_17", "phone": f"+{PHONE}"}
    for each in (body, {**body, "phone": f"x{key}"}, {"phone": PHONE}):
        requests.post(f"{url}/api/v1/calls", json=each, headers=headers, timeout=20)
    requests.get(f"{url}/api/v1/calls/{PHONE}", headers=headers, timeout=10)


def _logged_in(url):
    browser = requests.Session()
    for password in (WRONG_PASSWORD, PASSWORD):
        page = browser.get(f"{url}/login", timeout=20).text
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
        form = {"email": ADMIN, "password": password, "csrf_token": token}
        browser.post(f"{url}/login", data=form, timeout=20)
    assert browser.get(f"{url}/account", timeout=20).url.endswith("/account")
    return browser


def found_in(text, words):
    return sorted(name for name, word in words.items() if word in text)


def test_log_of_all_processes_names_no_secret_and_nobody(left):
    log = left.stack.log.read_text()

    assert '"part": "web"' in log or '"part": "worker 1"' in log or log.count("\n") > 3
    assert found_in(log, left.secrets) == []
    assert found_in(log, {"phone": PHONE, "local phone": PHONE[3:], "name": NAME}) == []


def test_database_holds_secrets_only_sealed_or_hashed(left):
    kept = b"".join(path.read_bytes() for path in left.folder.glob("app.db*")).decode("latin-1")

    assert found_in(kept, left.secrets) == []
    assert PHONE in kept  # the search would find what is there
    assert token_hash(left.made["api_key"]) in kept


def test_broker_knows_neither_secrets_nor_people(left):
    url = (left.folder / "broker.url").read_text().strip()
    with redis.Redis.from_url(url) as connection:
        keys = list(connection.scan_iter())
        kept = b"".join([*keys, *(connection.dump(key) or b"" for key in keys)]).decode("latin-1")

    assert keys
    assert found_in(kept, left.secrets) == []
    assert found_in(kept, {"phone": PHONE, "name": NAME}) == []
    assert not list(left.folder.glob("*.rdb"))


def test_no_page_shows_a_secret_but_the_address_to_its_admin(left):
    here, url = f"/integrations/{left.made['id']}", left.stack.url
    pages = ["", "/calls", "/calls/700000101", "/journal", "/setup", "/setup/auth", "/setup/review",
             "/people", "/embed", "/overview", "/versions", "/export", "/recordings", "/callbacks",
             "/no-such-page"]  # fmt: skip
    others = ["/account", "/integrations", "/console", "/healthz", "/readyz", "/metrics"]
    open_to_admin = {"token of the webhook", "secret of the webhook"}  # he copies both from there

    for path in [here + page for page in pages] + others + ["/api/openapi.json", "/embed.js"]:
        answer = left.browser.get(url + path, timeout=20)
        allowed = open_to_admin if path.endswith("/setup/auth") else set()
        assert set(found_in(answer.text, left.secrets)) <= allowed, path
        if not path.startswith(f"{here}/"):
            assert found_in(answer.text, {"phone": PHONE, "name": NAME}) == [], path


def test_answers_to_strangers_tell_nothing(left):
    url, key = left.stack.url, left.made["api_key"]
    asked = [
        requests.get(
            f"{url}/api/v1/calls/x", headers={"Authorization": f"Bearer {key}x"}, timeout=9
        ),
        requests.post(f"{url}/api/v1/calls", json={"phone": PHONE, "key": key}, timeout=9),
        requests.get(f"{url}/hooks/{key}?secret={CRM_KEY}", timeout=9),
        requests.get(f"{url}/{CRM_KEY}?api_key={key}", headers={"Accept": "text/html"}, timeout=9),
        requests.get(f"{url}/calls/{PHONE}", timeout=9),
    ]

    for answer in asked:
        assert answer.status_code in (401, 404)
        shown = re.sub(r'name="next"[^>]*>', "", answer.text)
        assert found_in(shown, left.secrets) == []
        assert "Traceback" not in answer.text and "gunicorn" not in answer.text


def test_command_lines_and_surroundings_of_processes_name_no_secret_of_the_office(left):
    family = [psutil.Process(left.stack.process.pid), *left.stack.family("")]
    ours = {k: v for k, v in left.secrets.items() if k not in ("key of sessions", "encryption key")}

    lines = [" ".join(each.cmdline()) for each in family]
    around = [" ".join(f"{k}={v}" for k, v in each.environ().items()) for each in family]

    assert len(family) > 4
    assert [found_in(line, left.secrets) for line in lines] == [[]] * len(family)
    assert [found_in(each, ours) for each in around] == [[]] * len(family)


def test_trace_of_the_call_names_no_secret_and_no_whole_number(left):
    wait_until(lambda: left.stack.flask("calls", "show", str(left.made["id"]), "700000101"))
    shown = left.stack.flask("calls", "show", str(left.made["id"]), "700000101")

    assert found_in(json.dumps(shown), left.secrets) == []
    assert PHONE not in json.dumps(shown["trace"])


def test_files_are_for_their_user_alone(left):
    for name in ("app.db", "encryption_keys"):
        mode = stat.S_IMODE((left.folder / name).stat().st_mode)
        assert mode & 0o077 == 0 or stat.S_IMODE(left.folder.stat().st_mode) & 0o077 == 0, name
