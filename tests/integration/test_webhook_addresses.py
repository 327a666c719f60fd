"""Addresses of the webhook: shown again, replaced, switched off, and when they were used last."""

from __future__ import annotations

import threading

from sqlalchemy.orm import Session

from models import WebhookToken, db
from services import webhook_addresses
from services.hook_access import HookAccess
from services.token_uses import TokenUses
from tests.notifications import lost_call


def addresses(server):
    with Session(server.engine) as session:
        return webhook_addresses.read_addresses(session, server.id, server.ports)


def rotate(server, hours=24):
    with Session(server.engine) as session:
        webhook_addresses.rotate(session, server.id, server.ports, overlap_hours=hours)


def accepts(server, url):
    server.app.extensions["hook_access"].forget()
    path = url.removeprefix(server.ports.public_base_url)
    return server.app.test_client().post(path, json=lost_call("1")[0]).status_code == 200


def test_address_can_be_shown_again(any_server):
    (address,) = addresses(any_server)

    assert address.url == any_server.made.webhook_url
    assert address.manager_url == any_server.made.manager_url


def test_old_address_works_beside_the_new_one_until_its_end(any_server):
    rotate(any_server, hours=1)

    new, old = addresses(any_server)
    assert old.url == any_server.made.webhook_url
    assert (new.ends_at, old.ends_at > any_server.now()) == (None, True)
    assert accepts(any_server, new.url)
    assert accepts(any_server, old.url)

    any_server.pass_time(3601)

    assert accepts(any_server, new.url)
    assert not accepts(any_server, old.url)
    assert [each.url for each in addresses(any_server)] == [new.url]


def test_old_address_can_be_switched_off_now_but_not_the_one_in_force(server):
    rotate(server)
    new, old = addresses(server)

    with Session(server.engine) as session:
        assert not webhook_addresses.switch_off(session, server.id, new.id)
        assert not webhook_addresses.switch_off(session, server.id + 1, old.id)
        assert webhook_addresses.switch_off(session, server.id, old.id)

    assert not accepts(server, old.url)
    assert accepts(server, new.url)


def test_address_whose_copy_was_not_kept_works_but_cannot_be_shown(server):
    with Session(server.engine) as session, session.begin():
        session.execute(db.update(WebhookToken).values(token_sealed=None))

    (address,) = addresses(server)

    assert (address.url, address.manager_url) == (None, None)
    assert accepts(server, server.made.webhook_url)


def test_last_use_of_an_address_is_noted_once_a_minute(any_server):
    (address,) = addresses(any_server)
    assert address.last_used_at is None
    uses = TokenUses(any_server.engine)

    uses.note(address.id).join()
    again = uses.note(address.id)

    assert again is None
    (address,) = addresses(any_server)
    assert address.last_used_at is not None


def test_known_token_is_noted(server):
    noted = []

    class Uses(TokenUses):
        def note(self, token_id):
            noted.append(token_id)

    access = HookAccess(server.engine, server.ports.vault, Uses(server.engine))
    access.find("no-such-token")
    access.find(server.made.webhook_url.rpartition("/")[2])

    assert noted == [addresses(server)[0].id]


def test_use_that_cannot_be_noted_is_nobodys_trouble(server):
    server.engine.dispose()
    uses = TokenUses(server.engine)

    noting = uses.note(987654)
    noting.join()

    assert not noting.is_alive()


def test_two_new_addresses_at_the_same_moment_leave_one_in_force(any_server):
    start = threading.Barrier(4)

    def press():
        start.wait()
        rotate(any_server)

    presses = [threading.Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert [each.ends_at is None for each in addresses(any_server)] == [True, *[False] * 4]
