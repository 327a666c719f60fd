"""Invitations: what a link is worth, to whom, until when, on both databases."""

from __future__ import annotations

import pytest

from models import Integration, Invitation, Login, db
from rules.reach import Level
from services import invitations, join, login, people
from services.create_login import create_login
from services.invitations import IsThereAlready, MayNotInvite, NoSuchInvitation
from services.join import LoginIsThere, RoleDiffers, WrongEmail
from services.sessions import WeakPassword
from tests.factories import make_integration
from tests.logins import PASSWORD, VISITOR, all_at_once, make_login, sees

AGENT = "agent.one@example.com"


@pytest.fixture
def here(any_server):
    with any_server.app.app_context():
        yield any_server.id
        db.session.remove()


@pytest.fixture
def elsewhere(any_server, here):
    return make_integration(any_server.app, any_server.crm).id


@pytest.fixture
def admin(here):
    return make_login("admin@example.com", "admin", here)


def invite(actor, *ids, email=AGENT, level=Level.EMPLOYEE):
    return invitations.invite(actor, email, name="Agent One", level=level, integration_ids=ids)


def take(token, *, email="", password=PASSWORD, name="Agent One"):
    return join.join_as_new(token, email=email, name=name, password=password, visitor=VISITOR)


def test_link_makes_a_login_and_lets_it_in(here, admin):
    made = invite(admin, here, email=" Agent.One@Example.com ")

    person, token = take(made.token)

    assert (person.email, person.name) == (AGENT, "Agent One")
    assert sees(person.id) == ("employee", [here])
    assert login.find_login(token).id == person.id
    assert login.sign_in(AGENT, PASSWORD, VISITOR)


def test_offer_tells_who_invites_to_what(here, admin):
    offer = invitations.find_offer(invite(admin, here).token)

    assert (offer.email, offer.name, offer.invited_by) == (AGENT, "Agent One", "admin@example.com")
    assert (offer.reach.level, list(offer.titles)) == (Level.EMPLOYEE, ["Dubai office"])


def test_only_the_hash_of_the_token_is_stored(here, admin):
    made = invite(admin, here)

    row = db.session.execute(db.select(Invitation.__table__)).one()
    assert made.token not in map(str, row)


def test_link_is_good_once(here, admin):
    made = invite(admin, here)
    take(made.token)

    with pytest.raises(NoSuchInvitation):
        take(made.token)


def test_of_two_who_use_a_link_at_once_one_wins(any_server, here):
    db.session.execute(db.update(Login).values(disabled_at=1))
    db.session.commit()
    made = invitations.invite_first_admin()

    told = all_at_once(
        any_server.app,
        lambda: take(made.token, email="one@example.com"),
        lambda: take(made.token, email="two@example.com"),
    )

    assert told == ["NoSuchInvitation", "done"]
    assert len(db.session.scalars(db.select(Login.id)).all()) == 1


def test_link_ends_after_72_hours(any_server, here, admin):
    made = invite(admin, here)

    any_server.pass_time(72 * 3600 - 60)
    assert invitations.find_offer(made.token)
    db.session.rollback()
    any_server.pass_time(61)

    with pytest.raises(NoSuchInvitation):
        take(made.token)
    assert [one.is_expired for one in invitations.list_waiting(admin, here)] == [True]


def test_revoked_link_opens_nothing(here, admin):
    made = invite(admin, here)

    invitations.revoke(admin, here, made.id)

    with pytest.raises(NoSuchInvitation):
        invitations.find_offer(made.token)
    assert invitations.list_waiting(admin, here) == []


def test_fresh_link_replaces_the_old_one_also_an_expired_one(any_server, here, admin):
    old = invite(admin, here)
    any_server.pass_time(73 * 3600)

    fresh = invitations.renew(admin, here, old.id)

    with pytest.raises(NoSuchInvitation):
        invitations.find_offer(old.token)
    assert invitations.find_offer(fresh.token).email == AGENT
    assert [one.row.id for one in invitations.list_waiting(admin, here)] == [fresh.id]


def test_second_invitation_of_the_same_person_revokes_the_first(here, admin):
    first, second = invite(admin, here), invite(admin, here, level=Level.ADMIN)

    with pytest.raises(NoSuchInvitation):
        invitations.find_offer(first.token)
    assert invitations.find_offer(second.token).reach.level is Level.ADMIN


def test_nobody_gives_away_more_than_he_has(here, elsewhere, admin):
    for ids, level in (((elsewhere,), Level.EMPLOYEE), ((), Level.ALL), ((), Level.ADMIN)):
        with pytest.raises(MayNotInvite):
            invite(admin, *ids, level=level)


def test_admin_of_all_may_invite_another_one(here):
    made = invite(make_login("all@example.com", "admin"), level=Level.ALL)

    person, _ = take(made.token)

    assert sees(person.id) == ("admin", [])


def test_limited_admin_neither_sees_nor_ends_an_invitation_to_everything(here, admin):
    made = invite(make_login("all@example.com", "admin"), level=Level.ALL)

    assert invitations.list_waiting(admin, here) == []
    for act in (invitations.revoke, invitations.renew):
        with pytest.raises(NoSuchInvitation):
            act(admin, here, made.id)


@pytest.mark.parametrize("loss", ["disabled", "removed", "demoted"])
def test_link_dies_with_the_rights_of_the_one_who_made_it(here, admin, loss):
    made, boss = invite(admin, here), make_login("all@example.com", "admin")
    if loss == "disabled":
        people.set_enabled(boss, admin, here, enabled=False)
    elif loss == "removed":
        people.remove(boss, admin, here)
    else:
        people.set_level(boss, admin, here, Level.EMPLOYEE)

    with pytest.raises(NoSuchInvitation):
        take(made.token)


def test_link_to_a_deleted_integration_opens_nothing(here, admin):
    made = invite(admin, here)
    row = db.session.get_one(Integration, here)
    row.deleted_at = row.created_at
    db.session.commit()

    with pytest.raises(NoSuchInvitation):
        invitations.find_offer(made.token)


def test_who_sees_it_already_is_not_invited_again(here, admin):
    make_login(AGENT, "employee", here)

    with pytest.raises(IsThereAlready):
        invite(admin, here)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", AGENT])
def test_weak_password_leaves_the_link_good(here, admin, password):
    made = invite(admin, here)

    with pytest.raises(WeakPassword):
        take(made.token, password=password)

    assert take(made.token)


def test_login_that_is_there_takes_it_with_its_own_password(here, elsewhere, admin):
    known = make_login(AGENT, "employee", elsewhere)
    made = invite(admin, here)

    with pytest.raises(LoginIsThere):
        take(made.token)
    join.join_with(made.token, known)

    assert sees(known) == ("employee", [here, elsewhere])
    with pytest.raises(NoSuchInvitation):
        invitations.find_offer(made.token)


def test_invitation_of_somebody_else_is_not_taken(here, elsewhere, admin):
    other = make_login("agent.two@example.com", "employee", elsewhere)
    made = invite(admin, here)

    with pytest.raises(LoginIsThere):
        join.join_with(made.token, other)

    assert invitations.find_offer(made.token)


def test_invitation_never_changes_the_role_of_a_login_that_sees_something(here, elsewhere, admin):
    known = make_login(AGENT, "employee", elsewhere)
    made = invite(admin, here, level=Level.ADMIN)

    with pytest.raises(RoleDiffers):
        join.join_with(made.token, known)

    assert sees(known) == ("employee", [elsewhere])


def test_admin_of_all_is_not_limited_by_an_invitation(here, admin):
    known = make_login(AGENT, "admin")
    row = db.session.get_one(Login, known)
    row.role = "employee"  # so that he can be invited: he does not see it yet
    db.session.commit()
    made = invite(admin, here, level=Level.ADMIN)
    row = db.session.get_one(Login, known)
    row.role = "admin"
    db.session.commit()

    join.join_with(made.token, known)

    assert sees(known) == ("admin", [])


def test_setup_link_is_for_a_server_without_an_admin(here):
    first = invitations.invite_first_admin()
    second = invitations.invite_first_admin()

    with pytest.raises(NoSuchInvitation):
        invitations.find_offer(first.token)
    with pytest.raises(WrongEmail):
        take(second.token, email="nobody")
    person, _ = take(second.token, email="me@example.com")

    assert sees(person.id) == ("admin", [])
    assert invitations.invite_first_admin() is None


def test_setup_link_dies_when_an_admin_is_made_otherwise(here):
    made = invitations.invite_first_admin()
    create_login(db.session(), "me@example.com", "admin", PASSWORD)

    with pytest.raises(NoSuchInvitation):
        take(made.token, email="you@example.com")


def test_old_invitations_are_forgotten(any_server, here, admin):
    invite(admin, here)
    any_server.pass_time(33 * 24 * 3600 + 60)

    invitations.purge()

    assert db.session.scalars(db.select(Invitation.id)).all() == []
