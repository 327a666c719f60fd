"""The key of our API: made anew by an admin, shown once, and it opens the API."""

from __future__ import annotations

import re

from tests.pages import csrf_token


def make_key(client, office):
    data = {"csrf_token": csrf_token(client, "/account")}
    return client.post(f"/integrations/{office.id}/setup/auth/api-key", data=data)


def status_with(client, key):
    return client.get("/api/v1/calls/1", headers={"Authorization": f"Bearer {key}"}).status_code


def test_new_key_is_shown_once_and_ends_the_old_one(admin, visitor, office):
    first, second = make_key(admin, office), make_key(admin, office)

    keys = [
        re.search(r'id="new-api-key"[^>]*value="([^"]+)"', page.text)[1] for page in (first, second)
    ]
    assert [page.status_code for page in (first, second)] == [200, 200]
    assert first.headers["Cache-Control"] == "no-store"
    assert [status_with(visitor, key) for key in keys] == [401, 404]
    assert keys[1] not in admin.get(f"/integrations/{office.id}/setup/auth").text


def test_key_is_not_made_without_a_form_token_or_for_strangers(admin, employee, office):
    path = f"/integrations/{office.strange_id}/setup/auth/api-key"

    assert admin.post(f"/integrations/{office.id}/setup/auth/api-key").status_code == 400
    assert admin.post(path, data={"csrf_token": csrf_token(admin, "/account")}).status_code == 404
    assert make_key(employee, office).status_code == 403


def test_step_of_the_keys_and_of_outgoing_calls_lead_to_it(admin, office):
    auth = admin.get(f"/integrations/{office.id}/setup/auth").text
    outgoing = admin.get(f"/integrations/{office.id}/setup/outgoing").text

    assert 'id="our-key"' in auth
    assert f'href="/integrations/{office.id}/setup/auth#our-key"' in outgoing
    assert f'href="/integrations/{office.id}/dial?origin=test"' in outgoing
