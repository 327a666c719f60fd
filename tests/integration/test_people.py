"""Who sees an integration, and what its admins may change, on both databases."""

from __future__ import annotations

import pytest

from models import CrmUserRow, Login, LoginSession, UserMapping, db
from rules.reach import Level, Refusal
from services import find_calls, login, members, people
from services.members import NoSuchLogin
from services.people import NoSuchUser, NotAllowed
from tests.factories import make_integration
from tests.logins import PASSWORD, VISITOR, all_at_once, make_login, sees


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


@pytest.fixture
def agent(here):
    return make_login("agent.one@example.com", "employee", here)


def test_members_are_the_own_people_and_the_admins_of_all(here, elsewhere, admin, agent):
    make_login("all@example.com", "admin")
    make_login("nobody@example.com", "employee")
    make_login("stranger@example.com", "admin", elsewhere)

    found = members.list_members(here)

    assert [(one.login.email, one.reach.level) for one in found] == [
        ("admin@example.com", Level.ADMIN),
        ("agent.one@example.com", Level.EMPLOYEE),
        ("all@example.com", Level.ALL),
    ]


def test_member_was_last_seen_when_he_was_last_active(here, agent):
    assert members.find_member(here, agent).seen_at is None

    login.sign_in("agent.one@example.com", PASSWORD, VISITOR)
    login.sign_in("agent.one@example.com", PASSWORD, VISITOR)

    newest = max(db.session.scalars(db.select(LoginSession.seen_at)))
    assert members.find_member(here, agent).seen_at == newest


def test_crm_user_is_told_by_the_email_until_an_admin_chooses_another(here, admin, agent):
    user = db.session.get_one(CrmUserRow, (here, "u_17"))
    user.email = "Agent.One@Example.com"
    db.session.commit()

    by_email = members.find_member(here, agent).crm_person
    people.join_crm_user(admin, agent, here, "u_18")
    chosen = members.find_member(here, agent).crm_person

    assert (by_email.user_id, by_email.is_chosen, by_email.is_joined) == ("u_17", False, True)
    assert (chosen.user_id, chosen.is_chosen) == ("u_18", True)


def test_calls_follow_the_chosen_crm_user(here, admin, agent):
    db.session.get_one(CrmUserRow, (here, "u_17")).email = "agent.one@example.com"
    db.session.commit()
    mine = here, agent, "agent.one@example.com"
    assert find_calls.find_own_employee_id(*mine) == "101"

    people.join_crm_user(admin, agent, here, "u_18")
    assert find_calls.find_own_employee_id(*mine) == "102"

    db.session.execute(db.delete(UserMapping).where(UserMapping.crm_user_id == "u_18"))
    db.session.commit()
    assert find_calls.find_own_employee_id(*mine) is None

    people.join_crm_user(admin, agent, here, None)
    assert find_calls.find_own_employee_id(*mine) == "101"


def test_only_users_of_this_crm_can_be_chosen(here, admin, agent):
    with pytest.raises(NoSuchUser):
        people.join_crm_user(admin, agent, here, "u_none")


def test_level_can_be_changed_and_changed_back(here, admin, agent):
    people.set_level(admin, agent, here, Level.ADMIN)
    assert sees(agent) == ("admin", [here])

    people.set_level(admin, agent, here, Level.EMPLOYEE)
    assert sees(agent) == ("employee", [here])


def test_only_an_admin_of_all_makes_an_admin_of_all(here, admin, agent):
    with pytest.raises(NotAllowed):
        people.set_level(admin, agent, here, Level.ALL)
    assert sees(agent) == ("employee", [here])

    people.set_level(make_login("all@example.com", "admin"), agent, here, Level.ALL)
    assert sees(agent) == ("admin", [])


def test_admin_of_all_can_be_limited_to_this_integration(here):
    first, second = (make_login(f"{name}@example.com", "admin") for name in ("one", "two"))

    people.set_level(first, second, here, Level.ADMIN)

    assert sees(second) == ("admin", [here])


def test_who_is_at_home_elsewhere_too_can_only_be_removed(here, elsewhere, admin):
    traveller = make_login("agent.two@example.com", "employee", here, elsewhere)

    for change in (
        lambda: people.set_level(admin, traveller, here, Level.ADMIN),
        lambda: people.set_enabled(admin, traveller, here, enabled=False),
    ):
        with pytest.raises(NotAllowed) as told:
            change()
        assert told.value.refusal is Refusal.ELSEWHERE
    people.remove(admin, traveller, here)

    assert sees(traveller) == ("employee", [elsewhere])
    assert db.session.get_one(Login, traveller).disabled_at is None


def test_removed_admin_does_not_become_an_admin_of_all(here, admin):
    second = make_login("admin.two@example.com", "admin", here)

    people.remove(admin, second, here)

    assert sees(second) == ("employee", [])


def test_disabling_ends_all_sessions_and_enabling_lets_in_again(here, admin, agent):
    _, token = login.sign_in("agent.one@example.com", PASSWORD, VISITOR)

    people.set_enabled(admin, agent, here, enabled=False)
    assert login.find_login(token) is None
    with pytest.raises(login.WrongPassword):
        login.sign_in("agent.one@example.com", PASSWORD, VISITOR)

    people.set_enabled(admin, agent, here, enabled=True)
    assert login.find_login(token) is None
    assert login.sign_in("agent.one@example.com", PASSWORD, VISITOR)


@pytest.mark.parametrize(
    "act",
    [
        lambda me, here: people.set_level(me, me, here, Level.EMPLOYEE),
        lambda me, here: people.set_enabled(me, me, here, enabled=False),
        lambda me, here: people.remove(me, me, here),
    ],
    ids=["level", "disable", "remove"],
)
def test_nobody_locks_himself_out(here, act):
    me = make_login("all@example.com", "admin")

    with pytest.raises(NotAllowed) as told:
        act(me, here)

    assert told.value.refusal is Refusal.SELF
    assert sees(me) == ("admin", [])


def test_strangers_are_not_there(here, elsewhere, admin):
    stranger = make_login("stranger@example.com", "employee", elsewhere)

    for login_id in (stranger, 987_654):
        with pytest.raises(NoSuchLogin):
            people.remove(admin, login_id, here)
        with pytest.raises(NoSuchLogin):
            members.find_member(here, login_id)


@pytest.mark.parametrize("kind", ["employee", "disabled", "stranger"])
def test_who_is_no_admin_here_any_more_changes_nothing(here, elsewhere, agent, kind):
    integration_id = elsewhere if kind == "stranger" else here
    role = "employee" if kind == "employee" else "admin"
    actor = make_login("was.admin@example.com", role, integration_id)
    if kind == "disabled":
        row = db.session.get_one(Login, actor)
        row.disabled_at = row.created_at
        db.session.commit()

    with pytest.raises(NotAllowed):
        people.remove(actor, agent, here)

    assert sees(agent) == ("employee", [here])


def test_two_admins_who_disable_each_other_at_once_leave_one(any_server, here):
    one, two = (make_login(f"{name}@example.com", "admin") for name in ("one", "two"))

    told = all_at_once(
        any_server.app,
        lambda: people.set_enabled(one, two, here, enabled=False),
        lambda: people.set_enabled(two, one, here, enabled=False),
    )

    assert told == ["NotAllowed", "done"]
    left = db.session.scalars(db.select(Login.id).where(Login.disabled_at.is_(None))).all()
    assert len(left) == 1
