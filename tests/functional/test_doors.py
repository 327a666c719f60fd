"""Who may open what: every address of the server, asked by everybody, in every way.

A new address has to be declared in `tests/doors.tsv`, one line for each method: what an anonymous
visitor, an employee, an admin of the integration and an admin of another one get. `login` stands
for the way to the login (401 for a part of a page); `open` for any answer but 401, 403, 404, 405.
"""

from __future__ import annotations

import pytest
from werkzeug.exceptions import HTTPException

from models import db
from tests.answers import wrong_with
from tests.doors import (
    METHODS,
    NAMED,
    PEOPLE,
    Door,
    Planted,
    ask,
    declared,
    person,
    plant,
    rows_of,
    rules_of,
    verdict,
)
from tests.pages import HTMX, csrf_token, make_app

ODD_METHODS = ("TRACE", "CONNECT", "PROPFIND", "BREW", "")
# No cookie opens them and no form token guards them: each has its own key, with tests of its own.
KEYED = ("/api/v1/", "/embed/<int:id>/calls", "/embed/<int:id>/key", "/embed/<int:id>/stream")
# Addresses of one's own things: an admin of another integration has his own there.
PERSONAL = ("/account", "/login", "/logout", "/language", "/theme", "/", "/console", "/demo")


@pytest.fixture
def app(tmp_path):
    """Without a look at the log of changes: the walk also asks for rows that are not there."""
    app = make_app(tmp_path)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def planted(app, office):
    with app.app_context():
        return plant(app, office)


def test_every_address_is_declared_and_nothing_else(app):
    served = {(method, rule.rule) for method, rule in rules_of(app)}

    assert sorted(served - set(declared())) == []  # declare it in tests/doors.tsv
    assert sorted(set(declared()) - served) == []


def test_everybody_gets_what_the_table_says(app, planted):
    own, _strange = planted
    table = declared()
    found = {key: {} for key in table}
    people = {name: person(app, name) for name in PEOPLE}
    wrong = []

    # Who may do most comes last: what he changes is no longer there for the others.
    for name in ("anonymous", "stranger", "employee", "admin"):
        for method, rule in _harmless_first(app):
            client, token = people[name]
            if rule.rule == "/logout":
                client, token = person(app, name)
            got, answer = ask(client, method, own.path(app, rule), token)
            found[method, rule.rule][name] = got
            wrong += wrong_with(answer, own.path(app, rule))

    told = {str(Door(*key, {name: got[name] for name in PEOPLE})) for key, got in found.items()}
    assert sorted(told - {str(door) for door in table.values()}) == []
    assert wrong == []  # headers, cookies, types


def test_part_of_a_page_is_401_where_the_page_leads_to_the_login(app, visitor, planted):
    own, table, token = planted[0], declared(), csrf_token(visitor)

    wrong = [
        rule.rule
        for method, rule in rules_of(app)
        if table[method, rule.rule].verdicts["anonymous"] == "login"
        and rule.rule != "/login/code"  # on the way in itself: it goes back to its beginning
        and ask(visitor, method, own.path(app, rule), token, HTMX)[0] != "401"
    ]

    assert wrong == []


def test_row_of_another_integration_is_as_none_under_ones_own(app, planted):
    """The office is one's own, the row in it is not: the answer is that of a row that is not
    there, and nothing of the others' changes."""
    own, strange = planted
    nothing = Planted(own.integration_id, dict.fromkeys(own.ids, 999_999))
    foreign = Planted(own.integration_id, strange.ids)
    admin, token = person(app, "admin")
    wrong, unseen = [], 0
    before = rows_of(app, strange)

    for method, rule in _harmless_first(app):
        if not rule.arguments & NAMED or rule.rule.startswith(KEYED):
            continue
        got, theirs = ask(admin, method, foreign.path(app, rule), token)
        missing, none = ask(admin, method, nothing.path(app, rule), token)
        unseen += got == "404"
        if (got, theirs.status_code) != (missing, none.status_code):
            wrong.append(f"{method} {rule.rule}: {got}, {missing} where there is none")

    assert wrong == []
    assert unseen > 25
    assert rows_of(app, strange) == before


def test_nothing_that_changes_is_done_for_a_stranger_or_an_employee_of_less():
    """The table itself: what it says has to make sense."""
    for door in declared().values():
        verdicts = door.verdicts
        is_of_integration = "<int:id>" in door.address
        if is_of_integration and verdicts["admin"] == "open" and verdicts["anonymous"] != "open":
            assert verdicts["stranger"] in ("404", "401"), door
            assert verdicts["employee"] in ("open", "403", "404"), door
        if door.method != "GET" and not door.address.startswith((*PERSONAL[:5], "/invitations")):
            assert verdicts["anonymous"] in ("login", "401"), door


@pytest.mark.parametrize("who", ["anonymous", "employee", "admin"])
def test_nothing_is_changed_without_a_form_token(app, planted, who):
    client, _token = person(app, who)
    wrong = []

    for method, rule in rules_of(app):
        if method != "GET" and not rule.rule.startswith(KEYED):
            answer = client.open(planted[0].path(app, rule), method=method)
            if answer.status_code != 400:
                wrong.append(f"{method} {rule.rule}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", "admin"])
def test_head_is_answered_as_get_without_a_body(app, planted, who):
    client, _token = person(app, who)
    table, wrong = declared(), []

    for method, rule in rules_of(app):
        if method == "GET" and not rule.rule.endswith("/stream"):
            answer = client.head(planted[0].path(app, rule))
            if verdict(answer) != table[method, rule.rule].verdicts[who] or answer.data:
                wrong.append(f"{rule.rule}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", "admin"])
def test_other_methods_do_nothing_for_nobody(app, planted, who):
    client, token = person(app, who)
    served = {}
    for method, rule in rules_of(app):
        served.setdefault(rule.rule, (rule, set()))[1].add(method)
    wrong = []

    for rule, methods in served.values():
        path = planted[0].path(app, rule)
        others = {one for other, known in served.values() for one in known if other.rule == path}
        for method in (*METHODS, *ODD_METHODS):
            if method in methods | others:
                continue
            data = {"csrf_token": token}
            answer = client.open(path, method=method, data=data)
            answer.close()
            if answer.status_code != 405 and not _is_another_rule(app, path, method):
                wrong.append(f"{method} {path}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", "admin"])
def test_options_tells_methods_at_most(app, planted, who):
    client, _token = person(app, who)

    for _method, rule in rules_of(app):
        answer = client.options(planted[0].path(app, rule))
        assert answer.status_code in (200, 302, 401, 404), rule
        if answer.status_code == 200:
            assert answer.data == b"", rule
        assert "Access-Control-Allow-Origin" not in answer.headers, rule


def _harmless_first(app):
    """What takes things away comes late, what takes all of them last: the others must still find
    them."""
    one, all_of_them = ("remove", "renew", "/end", "id>/off", "revoke"), ("others", "password")

    def lateness(found):
        method, rule = found
        if method == "GET":
            return 0
        return 3 if rule.rule.endswith(all_of_them) else 2 if rule.rule.endswith(one) else 1

    return sorted(rules_of(app), key=lateness)


def _is_another_rule(app, path, method):
    """Whether the sample address is, by its parts, another address that knows the method."""
    try:
        app.url_map.bind("localhost").match(path, method=method)
    except HTTPException:
        return False
    return True
