"""/hooks/<token>/manager: always 200 for a good token, within a second; kept afterwards."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from blueprints import manager
from models import CrmAccount, EmployeeRow, Integration, KnownClient, ManagerAnswer, db
from services import manager_desk, manager_office, personal_manager
from services.bounded import Bounded, Busy, TimeUp
from services.manager_desk import ManagerDesk

PATIENT = 20.0
SOON = 4.0
CALLER = "12025550143"  # c_501, responsible u_17
PHONES = ["12025550111", "118"]
ON = {"incoming": {"personal_manager": {"enabled": True, "not_found_code": 7}}}


@pytest.fixture
def hook(server):
    return urlsplit(server.made.webhook_url).path + "/manager"


@pytest.fixture
def desk(server, monkeypatch):
    """A desk that is new, with a published rule and an employee who has phones."""
    server.publish(**ON)
    with server.app.app_context():
        db.session.add(EmployeeRow(integration_id=server.id, employee_id="101", phones=PHONES))
        db.session.commit()
    # A busy machine must not look like a slow database or CRM; what is to be slow is slower yet.
    for module, name in (
        (personal_manager, "CRM_SECONDS"),
        (personal_manager, "INDEX_SECONDS"),
        (personal_manager, "ANSWER_SECONDS"),
        (manager_office, "READ_SECONDS"),
        (manager, "FIRST_DOOR_SECONDS"),
        (manager, "BODY_SECONDS"),
    ):
        monkeypatch.setattr(module, name, PATIENT)
    desk = ManagerDesk(server.engine, server.ports)
    server.app.extensions["manager_desk"] = desk
    return desk


@pytest.fixture
def hasty(desk, monkeypatch):
    """What hangs is given up soon."""
    monkeypatch.setattr(personal_manager, "CRM_SECONDS", 0.3)


@pytest.fixture
def client(server, desk):
    return server.app.test_client()


def kept(server, desk):
    desk.log.flush()
    with server.app.app_context():
        rows = db.session.query(ManagerAnswer).order_by(ManagerAnswer.id).all()
        db.session.expunge_all()
        return rows


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("get", {"query_string": {"numa": CALLER, "numb": "97140000001"}}),
        ("get", {"query_string": "numa=+1 202 555 0143&input_result=None&cdr_id=1"}),
        ("post", {"data": {"numa": CALLER}}),
        ("post", {"json": {"numa": int(CALLER), "call_session_id": 700}}),
        ("post", {"data": f'{{"numa": ""{CALLER}"", "numb": {{{{numb}}}}}}'}),
    ],
)
def test_known_client_gets_his_managers_phones(server, client, hook, method, sent):
    answer = getattr(client, method)(hook, **sent)

    assert (answer.status_code, answer.json) == (200, {"phones": PHONES})
    assert answer.content_type == "application/json"
    assert "Set-Cookie" not in answer.headers


def test_answer_is_kept_with_its_reason_and_fills_the_index(server, desk, client, hook):
    question = {"numa": CALLER, "numb": "+97140000001", "call_session_id": 700000101}
    for _ in range(2):
        client.post(hook, json=question)
        kept(server, desk)  # what the CRM told is in the index now

    first, second = kept(server, desk)
    assert (first.reason, first.source, second.source) == ("manager", "crm", "index")
    assert (first.call_session_id, first.phone) == ("700000101", f"+{CALLER}")
    assert (first.virtual_number, first.client_id, first.user_id) == (
        "97140000001",
        "c_501",
        "u_17",
    )
    assert first.phones == PHONES and first.returned_code is None
    assert 0 <= second.milliseconds < 1000
    assert len(asked(server, CALLER)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": b"\xff\xfe{"},
        {"data": "[1, 2"},
        {"json": {"numa": {"a": [1]}}},
        {"json": {"numa": "anonymous"}},
        {"data": b"x" * 20_000},
        {"data": b"numa=1", "headers": {"Content-Encoding": "gzip"}},
        {"query_string": "numa=%ff"},
    ],
)
def test_whatever_the_body_the_answer_is_not_found(client, hook, sent):
    answer = client.post(hook, **sent)

    assert (answer.status_code, answer.json) == (200, {"returned_code": 7})


def test_paused_goes_on_and_switched_off_does_not(server, desk, client, hook):
    server.change(paused_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert client.get(f"{hook}?numa={CALLER}").json == {"phones": PHONES}

    server.publish()
    desk.offices.reset()
    desk.offices._kept.clear()
    assert client.get(f"{hook}?numa={CALLER}").json == {"returned_code": 1}
    assert kept(server, desk)[-1].reason == "off"


def test_unknown_token_and_wrong_secret_look_like_any_unknown_path(server, client, hook):
    unknown = client.get("/hooks/" + "x" * 43 + "/manager")
    anything = client.get("/no-such-page")
    wrong = client.post(hook, json={"numa": CALLER, "secret": "wrong"})

    assert {unknown.status_code, wrong.status_code, anything.status_code} == {404}
    assert unknown.get_data() == anything.get_data() == wrong.get_data()
    right = client.post(hook, json={"numa": CALLER, "secret": server.made.webhook_secret})
    assert right.json == {"phones": PHONES}


def test_demanded_secret_is_not_demanded_here(server, client, hook):
    server.connect(webhook={"require_secret": True})
    server.app.extensions["hook_access"].forget()

    assert client.get(f"{hook}?numa={CALLER}").json == {"phones": PHONES}


def test_other_sources_are_refused(server, client, hook):
    server.connect(webhook={"sources": ["192.0.2.0/24"]})
    server.app.extensions["hook_access"].forget()

    assert client.get(f"{hook}?numa={CALLER}").status_code == 404


def asked(server, digits):
    """Requests for a number; a slow one of an earlier test is logged late."""
    return [one for one in server.requests("find_clients_by_phone") if digits in one["path"]]


def remember(server, *, age, phone="+971500000777", user="u_17", client_id="c_9"):
    """An entry of the index, read so many seconds ago."""
    with server.app.app_context():
        account = db.session.get_one(Integration, server.id).crm_account
        now = account.refilled_at
        db.session.add(
            KnownClient(
                crm_account_row_id=account.id,
                phone=phone,
                client_id=client_id,
                responsible_user_id=user,
                read_at=now,
                source="refresh",
            )
        )
        db.session.commit()
    with server.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE known_client SET read_at = "
            f"CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) - {age * 1000}"
        )


def test_older_index_answers_when_the_crm_is_slow(server, desk, hasty, client, hook):
    remember(server, age=3600)
    server.fault("slow", "find_clients_by_phone", seconds=8)
    began = time.monotonic()

    answer = client.get(f"{hook}?numa=971500000777")

    assert answer.json == {"phones": PHONES} and time.monotonic() - began < SOON
    (row,) = kept(server, desk)
    assert (row.reason, row.source, row.client_id) == ("manager", "old_index", "c_9")


def test_young_index_answers_without_the_crm(server, desk, client, hook):
    remember(server, age=5, phone="+971500000778")

    assert client.get(f"{hook}?numa=971500000778").json == {"phones": PHONES}
    assert asked(server, "971500000778") == []


def test_crm_known_to_be_away_is_not_asked(server, desk, client, hook):
    remember(server, age=3600, phone="+971500000779")
    with server.app.app_context():
        db.session.query(CrmAccount).update({"breaker": "open"})
        db.session.commit()

    assert client.get(f"{hook}?numa=971500000779").json == {"phones": PHONES}
    assert client.get(f"{hook}?numa={CALLER}").json == {"returned_code": 7}
    assert [row.reason for row in kept(server, desk)] == ["manager", "crm_away"]
    assert asked(server, "971500000779") == []


def test_database_that_hangs_is_not_waited_for(server, desk, client, hook, monkeypatch):
    """Door and office are remembered; the index cannot be read; the CRM tells."""
    assert client.get(f"{hook}?numa={CALLER}").json == {"phones": PHONES}
    freed = threading.Event()

    def hang(*_):
        freed.wait(20)
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(personal_manager, "INDEX_SECONDS", 0.1)
    monkeypatch.setattr(manager_office, "READ_SECONDS", 0.1)
    monkeypatch.setattr(desk.managers, "_read", hang)
    monkeypatch.setattr(desk.offices, "_read", hang)
    monkeypatch.setattr(server.app.extensions["hook_access"], "_read", hang)
    kept_doors = server.app.extensions["hook_access"]._doors
    for hashed, (_, door) in list(kept_doors.items()):
        kept_doors[hashed] = (time.monotonic() - 60, door)
    for number, (_, office) in list(desk.offices._kept.items()):
        desk.offices._kept[number] = (time.monotonic() - 60, office)
    began = time.monotonic()

    answer = client.get(f"{hook}?numa={CALLER}")

    assert answer.json == {"phones": PHONES} and time.monotonic() - began < SOON
    freed.set()


@pytest.mark.parametrize(("part", "told"), [("managers", 7), ("offices", None)])
def test_what_breaks_on_our_side_is_not_found(desk, client, hook, monkeypatch, part, told):
    def break_down(*_):
        raise ValueError("poison")

    monkeypatch.setattr(getattr(desk, part), "_read", break_down)

    answer = client.get(f"{hook}?numa={CALLER}")

    usual = manager_desk.NOT_FOUND["returned_code"]
    assert (answer.status_code, answer.json) == (200, {"returned_code": told or usual})


def test_only_a_few_ask_the_crm_at_a_time(server, desk, hasty, hook):
    """Whoever comes while all are waiting for the CRM is answered at once."""
    remember(server, age=3600, phone="+971500000780")
    server.fault("slow", "find_clients_by_phone", seconds=8, count=50)
    desk.managers._crm = Bounded("test", at_once=2)
    times = []

    def ask():
        began = time.monotonic()
        assert server.app.test_client().get(f"{hook}?numa=971500000780").json == {"phones": PHONES}
        times.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(times) == 8 and max(times) < SOON
    assert len(asked(server, "971500000780")) <= 2


def test_bounded_work_is_waited_for_no_longer_than_said():
    pool, freed = Bounded("test", at_once=1), threading.Event()

    with pytest.raises(TimeUp):
        pool.run(lambda: freed.wait(20), 0.01)
    with pytest.raises(Busy):
        pool.run(lambda: 1, 1)
    freed.set()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            assert pool.run(lambda: 1, 1) == 1
            return
        except Busy:
            time.sleep(0.005)
    raise AssertionError("the thread was never given back")
