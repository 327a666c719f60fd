"""What is kept of a form whose session was over, on both databases."""

from __future__ import annotations

import threading

import pytest

from models import KeptForm, db
from services import kept_forms
from services.create_login import create_login
from services.kept_forms import MOST_OF_A_LOGIN, TooMuch

PATH = "/integrations/1/setup/tasks"
TYPED = [("due_minutes", "20"), ("days", "1"), ("days", "2"), ("comment", "<b>Перезвонить</b>")]


@pytest.fixture
def login_id(any_server):
    with any_server.app.app_context():
        yield create_login(db.session(), "agent.one@example.com", "admin", "correct horse").id
        db.session.remove()


def keep(login_id, path=PATH, fields=TYPED):
    return kept_forms.keep(login_id, path, fields, secret_names={"magic"})


def test_what_was_typed_comes_back_once_in_its_order(login_id):
    assert keep(login_id)

    assert kept_forms.take(login_id, PATH) == TYPED
    assert kept_forms.take(login_id, PATH) is None


def test_it_comes_back_to_its_own_login_and_path_only(login_id):
    keep(login_id)

    assert kept_forms.take(login_id + 1, PATH) is None
    assert kept_forms.take(login_id, "/integrations/1/setup/fields") is None


def test_secrets_are_never_stored(login_id):
    secrets = [("csrf_token", "t"), ("password", "p"), ("api_key", "k"), ("magic", "m")]

    keep(login_id, fields=[*secrets, ("title", "Dubai")])

    assert db.session.scalars(db.select(KeptForm.fields)).all() == [[["title", "Dubai"]]]


def test_form_without_anything_typed_is_not_kept(login_id):
    assert not keep(login_id, fields=[("csrf_token", "t")])
    assert kept_forms.take(login_id, PATH) is None


def test_newer_form_replaces_the_older_one(login_id):
    keep(login_id, fields=[("title", "first")])
    keep(login_id, fields=[("title", "second")])

    assert kept_forms.take(login_id, PATH) == [("title", "second")]
    assert kept_forms.take(login_id, PATH) is None


def test_too_much_is_refused_and_says_so(login_id):
    with pytest.raises(TooMuch):
        keep(login_id, fields=[("comment", "x" * 70_000)])


def test_one_login_cannot_fill_the_database(login_id):
    for number in range(MOST_OF_A_LOGIN + 3):
        keep(login_id, path=f"/integrations/{number}/setup/tasks")

    left = set(db.session.scalars(db.select(KeptForm.path)))
    assert len(left) == MOST_OF_A_LOGIN
    assert "/integrations/0/setup/tasks" not in left


def test_after_twelve_hours_it_is_forgotten(any_server, login_id):
    keep(login_id)
    any_server.pass_time(12 * 3600 + 1)

    assert kept_forms.take(login_id, PATH) is None
    kept_forms.purge()
    assert db.session.scalars(db.select(KeptForm.id)).all() == []


def test_two_pages_at_once_do_not_both_get_it(any_server, login_id):
    keep(login_id)
    got = []

    def ask():
        with any_server.app.app_context():
            got.append(kept_forms.take(login_id, PATH))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(bool, got)) == [False, False, False, True]
