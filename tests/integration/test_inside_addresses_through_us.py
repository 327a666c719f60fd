"""Whoever brings an address that leads inside: a form, a file, a caller's recording."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models import CallSession, Integration
from services.fetch_recordings import fetch_recordings
from services.keep_recordings import plan_copies
from services.lists import refresh
from services.recording_links import RecordingLink, record_id, sign
from tests.addresses_inside import inside
from tests.factories import make_file
from tests.functional.auth_form import fields
from tests.notifications import answered_call, event
from tests.pages import ADMIN, csrf_token, logged_in, make_app, plant_office
from tests.raw_server import raw_server, reply

ADDRESS_FIELDS = ("behomes_url", "data_api_url", "call_api_url")


@pytest.fixture
def canary():
    def hear(server, connection):
        server.read_request(connection)
        connection.sendall(reply())

    with raw_server(hear) as server:
        yield server
    assert server.connections == 0


def test_form_of_the_keys_takes_none_of_them(tmp_path, canary, crm_process):
    app = make_app(tmp_path)
    with app.app_context():
        office = plant_office()
    admin, page = logged_in(app, ADMIN), f"/integrations/{office.id}/setup/auth"
    good = fields(crm_process, crm_process, csrf_token=csrf_token(admin, "/account"))

    for number, url in enumerate(inside(canary.port)[::2]):
        name = ADDRESS_FIELDS[number % 3]
        place = "/integrations/new" if number % 7 == 0 else page
        name = "behomes_url" if number % 7 == 0 else name
        answer = admin.post(place, data={**good, "api_key": "k", name: url})
        assert answer.status_code == 422, url

    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.mark.parametrize("part", ["behomes", "callgear"])
def test_file_of_an_integration_leads_nowhere_inside(server, canary, part):
    file = make_file(server.crm)
    for url in inside(canary.port)[::12]:
        if part == "behomes":
            given = {"behomes": {"base_url": url, "api_key": "k"}}
        else:
            keys = {"data_api_url": url, "call_api_url": url, "access_token": "t"}
            given = {"callgear": keys}
        runner = server.app.test_cli_runner()
        done = runner.invoke(
            args=["integrations", "create", "-"], input=json.dumps({**file, **given})
        )
        if done.exit_code == 0:
            with server.app.app_context():
                refresh(server.engine, server.ports, json.loads(done.stdout)["id"])
        else:
            assert "Traceback" not in done.output


def test_recording_inside_is_neither_played_nor_kept(server, canary):
    """Not even where the host is the integration's media host: it must be in API_HOSTS too."""
    server.use(callgear={"media_hosts": [canary.host, "127.0.0.1"]})
    server.change(keep_recordings_days=10)
    urls = [f"http://{canary.host}/1", f"https://{canary.host}/1", *inside(canary.port)[::5]]
    server.notify(*answered_call(), *(_ready(number, url) for number, url in enumerate(urls)))
    server.drain()

    plan_copies(server.engine, {})
    fetch_recordings(server.engine, server.ports, go_on=lambda: True)
    browser = server.app.test_client()
    statuses = [browser.get(_link(server, url)).status_code for url in urls]

    assert set(statuses) <= {404, 503}
    assert 503 in statuses


def _ready(number, url):
    return event("record_ready", "1", 120 + number, file_link=url, file_duration=75)


def _link(server, url):
    with Session(server.engine) as session:
        row_id = session.scalars(
            CallSession.__table__.select().with_only_columns(CallSession.id)
        ).one()
    link = RecordingLink(row_id, record_id(url), server.now())
    return f"/recordings/{sign(link, server.ports.secret_key)}"


def test_address_that_is_stored_already_is_not_called(server, canary):
    """A row from before, or from a restored backup: the rule holds where requests leave."""
    with Session(server.engine) as session, session.begin():
        session.execute(
            update(Integration).values(
                behomes_base_url=f"http://127.0.0.1:{canary.port}",
                data_api_url=f"http://localhost:{canary.port}/v2.0",
            )
        )
    server.notify(*answered_call())
    server.drain(seconds=2)
    with server.app.app_context():
        refresh(server.engine, server.ports, server.id)

    assert canary.connections == 0
    assert server.left() == 1  # the call waits until somebody mends the address
