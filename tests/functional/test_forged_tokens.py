"""Tokens, keys, links and cookies that were changed, borrowed or made up: all are refused alike."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from flask.sessions import SecureCookieSessionInterface

from models import CallSession, ConsoleToken, Integration, Invitation, Login, WebhookToken, db
from services.recording_links import RecordingLink, record_id, sign
from services.vault import new_token, token_hash
from tests.doors import LONG_AFTER
from tests.pages import ADMIN, EMPLOYEE, NOON, csrf_token, logged_in

ORIGIN = "https://crm.example.com"
MEDIA = "https://media.callgear.com/1/a"
KINDS = ("webhook", "manager", "api", "embed", "invitation", "recording")
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class Keys:
    """One good token of each kind, of one's own office and of another."""

    own: dict[str, str]
    strange: dict[str, str]
    office_id: int

    def ask(self, client, kind, token):
        bearer = {"Authorization": f"Bearer {token}"}
        path = quote(token, safe="")
        match kind:
            case "webhook":
                return client.post(f"/hooks/{path}", json={"event": "chat"})
            case "manager":
                return client.get(f"/hooks/{path}/manager?numa=1")
            case "api":
                return client.get("/api/v1/calls/none", headers=bearer)
            case "embed":
                headers = {**bearer, "Origin": ORIGIN}
                return client.post(f"/embed/{self.office_id}/calls", json={}, headers=headers)
            case "invitation":
                return client.get(f"/invitations/{path}")
        return client.get(f"/recordings/{path}")


# What a good one gets: what is asked is as little as possible.
GOOD = {
    "webhook": 200,
    "manager": 200,
    "api": 404,
    "embed": 400,
    "invitation": 200,
    "recording": 503,
}


@pytest.fixture
def keys(app, office):
    with app.app_context():
        sealed = app.extensions["vault"].seal("secret")
        made = [_plant(app, each, sealed) for each in (office.id, office.strange_id)]
        db.session.commit()
    return Keys(*made, office.id)


def _plant(app, integration_id, sealed):
    tokens = {kind: new_token() for kind in KINDS}
    hashed = {kind: token_hash(token) for kind, token in tokens.items()}
    integration = db.session.get_one(Integration, integration_id)
    integration.webhook_secret_sealed = sealed
    integration.allowed_origins = [ORIGIN]
    integration.api_key_hash = hashed["api"]
    times = {"created_at": NOON, "expires_at": LONG_AFTER}
    owner = db.session.scalars(db.select(Login).filter_by(email=EMPLOYEE)).one().id
    admin = db.session.scalars(db.select(Login).filter_by(email=ADMIN)).one().id
    place = {"integration_id": integration_id}
    db.session.add_all(
        [
            WebhookToken(**place, token_hash=hashed["webhook"], created_at=NOON),
            ConsoleToken(
                **place,
                **times,
                login_id=owner,
                token_hash=hashed["embed"],
                origin=ORIGIN,
                seen_at=LONG_AFTER,
            ),
            Invitation(
                **times,
                token_hash=hashed["invitation"],
                email=f"i{integration_id}@example.com",
                role="employee",
                integration_ids=[integration_id],
                invited_by=admin,
            ),
        ]
    )
    call = db.session.scalars(db.select(CallSession).filter_by(**place)).first()
    call.facts = {**call.facts, "recordings": [{"url": MEDIA, "seconds": 5}]}
    link = RecordingLink(call.id, record_id(MEDIA), LONG_AFTER)
    signed = sign(link, app.extensions["ports"].secret_key)
    return {**tokens, "manager": tokens["webhook"], "recording": signed}


def forgeries(token, pick):
    """Each sign changed to another, and everything that may be read as the same."""
    for at, sign_there in enumerate(token):
        other = pick.choice(SIGNS.replace(sign_there, ""))
        yield token[:at] + other + token[at + 1 :]
    yield from (token[:-1], token[1:], token + "A", "A" + token, token * 2, token[::-1])
    yield from (token + "=", token + "==", token + " ", " " + token, token + "\n", token + "\0")
    yield from (token.swapcase(), token.upper(), token + ".", token + "%00", "*")
    yield from (token.replace(token[0], "\uff21", 1), f"'{token}' OR 1=1 --", "null", "undefined")
    yield from (token_hash(token), new_token())


def looks(answer):
    """What of an answer could tell one refusal from another."""
    text = re.sub(r'(content|value)="[\w.-]{60,}"', "", answer.get_data(as_text=True))
    text = re.sub(r'/invitations/[^"]*', "", text)  # its own address, for the choice of language
    return answer.status_code, answer.content_type, text


@pytest.mark.parametrize("kind", KINDS)
def test_good_one_opens(visitor, keys, kind):
    assert keys.ask(visitor, kind, keys.own[kind]).status_code == GOOD[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_each_forgery_is_refused_like_any_unknown_one(visitor, keys, kind):
    pick, good = random.Random(kind), keys.own[kind]
    refused = looks(keys.ask(visitor, kind, "x" * len(good)))
    tried = 0

    for forged in forgeries(good, pick):
        if (kind in ("api", "embed") and forged.strip() == good) or "\n" in forged:
            continue  # white space around a header's value is none of it
        assert looks(keys.ask(visitor, kind, forged)) == refused, forged
        tried += 1

    assert refused[0] in (401, 404)
    assert tried > 60


@pytest.mark.parametrize("kind", KINDS)
def test_token_of_another_kind_opens_nothing(visitor, keys, kind):
    refused = looks(keys.ask(visitor, kind, "x" * 43))

    for other in KINDS:
        if keys.own[other] != keys.own[kind]:
            assert looks(keys.ask(visitor, kind, keys.own[other])) == refused, other


def test_key_of_another_integration_opens_only_its_own(visitor, keys):
    assert keys.ask(visitor, "embed", keys.strange["embed"]).status_code == 401
    headers = {"Authorization": f"Bearer {keys.strange['api']}"}
    assert visitor.get("/api/v1/calls/700000101", headers=headers).status_code == 404
    own = {"Authorization": f"Bearer {keys.own['api']}"}
    assert visitor.get("/api/v1/calls/700000101", headers=own).status_code == 200


def test_link_that_another_key_has_signed_is_refused(app, visitor, keys):
    with app.app_context():
        call = db.session.scalars(db.select(CallSession)).first()
        link = RecordingLink(call.id, record_id(MEDIA), LONG_AFTER)
    for secret in ("", "a", app.extensions["ports"].secret_key + "x"):
        assert visitor.get(f"/recordings/{sign(link, secret)}").status_code == 404


def cookie_of(client, name="session"):
    return client.get_cookie(name).value


def is_in(app, cookie):
    client = app.test_client()
    client.set_cookie("session", cookie)
    return client.get("/account").status_code == 200


def test_cookie_of_a_session_cannot_be_changed(app, admin):
    good, pick = cookie_of(admin), random.Random(1)
    assert is_in(app, good)

    signature = good.rindex(".")
    places = [*range(0, signature, 7), *range(signature + 1, len(good) - 1)]
    for at in places:  # the last sign of base64 holds bits that do not count
        other = pick.choice(SIGNS.replace(good[at], ""))
        assert not is_in(app, good[:at] + other + good[at + 1 :]), at
    assert not is_in(app, good.rpartition(".")[0])
    assert not is_in(app, "." + good)


@pytest.mark.parametrize("token", ["", "1", "2", "admin@example.com", None])
def test_cookie_that_only_we_could_sign_needs_a_token_too(app, office, token):
    """Who has learned SECRET_KEY still knows nobody's session."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)

    assert not is_in(app, signer.dumps({"_user_id": token, "_fresh": True}))


def test_cookie_signed_with_another_key_is_none(app, admin):
    with admin.session_transaction() as session:
        found = dict(session)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert is_in(app, signer.dumps(found))
    signer.secret_keys[:] = [b"another"]
    assert not is_in(app, signer.dumps(found))


def test_form_token_is_its_session_s_own(app, admin, employee):
    good, pick = csrf_token(admin, "/account"), random.Random(2)

    def is_taken(token):
        data = {"csrf_token": token, "theme": "dark"}
        return admin.post("/theme", data=data).status_code != 400

    assert is_taken(good)
    assert not is_taken(csrf_token(employee, "/account"))
    assert not is_taken(csrf_token(app.test_client()))
    for at in range(0, len(good) - 1, 3):
        other = pick.choice(SIGNS.replace(good[at], ""))
        assert not is_taken(good[:at] + other + good[at + 1 :]), at
    for forged in ("", good + "x", good[:-2], good.upper(), "null"):
        assert not is_taken(forged)


def test_form_token_is_asked_for_wherever_it_may_come_from(app, admin):
    good = csrf_token(admin, "/account")

    assert admin.post("/theme?csrf_token=" + good, data={"theme": "dark"}).status_code == 400
    assert admin.post("/theme", json={"csrf_token": good, "theme": "dark"}).status_code == 400
    ours = {"X-CSRFToken": good}
    assert admin.post("/theme", data={"theme": "dark"}, headers=ours).status_code != 400


def test_over_https_a_form_must_come_from_a_page_of_ours(app, office):
    admin = logged_in(app, ADMIN)
    base = "https://localhost"
    token = re.search(
        r'name="csrf-token" content="([^"]+)"', admin.get("/account", base_url=base).text
    )
    data = {"csrf_token": token[1], "theme": "dark"}

    answers = [
        admin.post("/theme", data=data, base_url=base, headers=headers).status_code
        for headers in (
            {},
            {"Referer": "https://evil.example/"},
            {"Referer": "https://localhost.evil.example/"},
            {"Referer": "http://localhost/account"},
        )
    ]

    assert answers == [400] * 4
    ours = {"Referer": f"{base}/account"}
    assert admin.post("/theme", data=data, base_url=base, headers=ours).status_code != 400
