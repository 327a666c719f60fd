"""Who may open what: every address of the server, asked by everybody.

A new address has to be declared in DOORS, by the name of its endpoint or a beginning of it; the
longest one that fits counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from werkzeug.routing import IntegerConverter, Rule

from tests.pages import CALL_IDS, HTMX, csrf_token

PUBLIC = "everybody"
LOGIN = "who is logged in; of an integration only its own people"
ADMIN = "admins; of an integration only its own"
OWN = "has its own keys and rules, and tests of its own"

DOORS = {
    "static": PUBLIC,
    "auth.": PUBLIC,
    "session_over.": PUBLIC,
    "invitations.": PUBLIC,  # the token is the key
    "language.": PUBLIC,
    "styleguide.": PUBLIC,  # in the demo only
    "ops.": OWN,
    "api.": OWN,
    "api_events.": OWN,
    "dial.": LOGIN,
    "openapi.": PUBLIC,
    "recordings.": OWN,
    "console_stream.": OWN,  # an EventSource cannot follow to the login: 401
    "pages.": LOGIN,
    "account.": LOGIN,
    "calls.": LOGIN,
    "export.": LOGIN,
    "recording_settings.": ADMIN,
    "callbacks.": LOGIN,
    "dashboard.": ADMIN,
    "console.": LOGIN,
    "console_app.": PUBLIC,
    "integrations.index": LOGIN,
    "integrations.": ADMIN,
    "people.": ADMIN,
    "inviting.": ADMIN,
    "setup.": ADMIN,
    "versions.": ADMIN,
    "settings_files.": ADMIN,
    "try_call.": ADMIN,
    "rehearse.": ADMIN,
    "journal.": ADMIN,
    "journal_replay.": ADMIN,
    "demo.": ADMIN,
    "embed.": ADMIN,
    "embed.ask": LOGIN,
    "embed.allow": LOGIN,
    "embed.end_own_key": LOGIN,
    "embed_api.": OWN,
}
# What stands for the parts of an address that are neither an integration nor a number.
PARTS = {"slug": "tasks", "entity": "lead", "call_session_id": CALL_IDS[0]}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Address:
    rule: Rule
    method: str
    door: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule} ({self.rule.endpoint})"

    @property
    def of_integration(self) -> bool:
        return "id" in self.rule.arguments

    @property
    def names_a_row(self) -> bool:
        """Whether it is the address of one thing, of which there is none in these tests."""
        numbers = {name for name in self.rule.arguments if self._is_number(name)}
        return bool(numbers - {"id"})

    def path(self, app, integration_id: int) -> str:
        values = {name: self._value(name) for name in self.rule.arguments}
        if self.of_integration:
            values["id"] = integration_id
        with app.test_request_context():
            return app.url_for(self.rule.endpoint, **values)

    def _value(self, name: str) -> object:
        return 1 if self._is_number(name) else PARTS.get(name, "x")

    def _is_number(self, name: str) -> bool:
        return isinstance(self.rule._converters.get(name), IntegerConverter)


def door_of(endpoint: str) -> str | None:
    fitting = [name for name in DOORS if endpoint == name or endpoint.startswith(name)]
    return DOORS[max(fitting, key=len)] if fitting else None


@pytest.fixture
def addresses(app):
    return [
        Address(rule, method, door_of(rule.endpoint))
        for rule in app.url_map.iter_rules()
        for method in METHODS
        if method in rule.methods
    ]


class Walk:
    """Asks addresses as one person and collects what is not as it must be."""

    def __init__(self, app, client, integration_id):
        self.app, self.client, self.integration_id = app, client, integration_id
        self.wrong: list[str] = []

    def ask(self, address, *, token=None, headers=None):
        data = {"csrf_token": token} if token else {}
        path = address.path(self.app, self.integration_id)
        return self.client.open(path, method=address.method, data=data, headers=headers)

    def expect(self, address, is_right, **more):
        answer = self.ask(address, **more)
        if not is_right(answer):
            self.wrong.append(f"{address}: {answer.status_code} {answer.location or ''}")


def is_sent_to_login(answer) -> bool:
    return answer.status_code in (302, 303) and answer.location.startswith("/login?next=")


def has_status(*statuses):
    return lambda answer: answer.status_code in statuses


def test_every_address_is_declared(addresses):
    assert [str(each) for each in addresses if each.door is None] == []


def test_visitor_comes_to_the_login_and_a_part_of_a_page_gets_401(app, visitor, office, addresses):
    walk, token = Walk(app, visitor, office.id), csrf_token(visitor)

    for address in addresses:
        if address.door in (LOGIN, ADMIN):
            walk.expect(address, is_sent_to_login, token=token)
            walk.expect(address, has_status(401), token=token, headers=HTMX)
        if address.door == PUBLIC and address.method == "GET":
            walk.expect(address, lambda answer: not is_sent_to_login(answer))

    assert walk.wrong == []


def test_employee_gets_403_where_only_admins_may(app, employee, office, addresses):
    walk, token = Walk(app, employee, office.id), csrf_token(employee, "/account")

    for address in addresses:
        if address.door == ADMIN:
            walk.expect(address, has_status(403), token=token)
            walk.expect(address, has_status(403), token=token, headers=HTMX)

    assert walk.wrong == []


def test_employee_may_open_what_is_for_everybody_inside(app, employee, office, addresses):
    walk = Walk(app, employee, office.id)

    for address in addresses:
        if address.door == LOGIN and address.method == "GET" and not address.names_a_row:
            walk.expect(address, lambda it: it.status_code < 400 and not is_sent_to_login(it))

    assert walk.wrong == []


def test_integration_of_others_is_not_there(app, admin, employee, office, addresses):
    strange = [Walk(app, client, office.strange_id) for client in (admin, employee)]
    tokens = [csrf_token(client, "/account") for client in (admin, employee)]

    for address in addresses:
        if address.of_integration and address.door in (LOGIN, ADMIN):
            strange[0].expect(address, has_status(404), token=tokens[0])
        if address.of_integration and address.door == LOGIN:
            strange[1].expect(address, has_status(404), token=tokens[1])

    assert strange[0].wrong + strange[1].wrong == []


def test_admin_may_open_the_pages_of_his_own_integration(app, admin, office, addresses):
    walk = Walk(app, admin, office.id)

    def is_open(answer):
        is_refused = answer.status_code in (401, 403) or is_sent_to_login(answer)
        return not is_refused and answer.status_code < 500

    for address in addresses:
        if address.door in (LOGIN, ADMIN) and address.method == "GET":
            walk.expect(address, is_open)

    assert walk.wrong == []


@pytest.mark.parametrize("who", ["visitor", "employee", "admin"])
def test_nothing_is_changed_without_a_form_token(app, office, addresses, who, request):
    walk = Walk(app, request.getfixturevalue(who), office.id)

    for address in addresses:
        if address.method != "GET" and address.door != OWN:
            walk.expect(address, has_status(400))

    assert walk.wrong == []
