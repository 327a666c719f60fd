"""Who is matched, created, filled in, left alone or handed to a person."""

from __future__ import annotations

import pytest

from rules.crm import CrmUser
from rules.employee_sync import Filling, Known, NewEmployee, Why, count_changes, plan, split_name
from rules.pbx import Employee, EmployeePhone

ONE = Employee(
    "101",
    last_name="Agent",
    first_name="One",
    full_name="Agent One",
    email="agent.one@example.com",
    extension="117",
    phones=(EmployeePhone("971501234567", phone_id="7"),),
)
TWO = Employee("102", "Agent", "Two", "Agent Two", "agent.two@example.com", "118")
BARE = Employee("103", "Bare", "", "Bare")
KNOWN = Known("AE")


def user(number=17, name="Somebody Else", **more):
    return CrmUser(f"u_{number}", name, **more)


def outcome(step):
    return str(step.result), step.why, step.employee_id


def only(users, employees, known=KNOWN):
    steps = plan(users if isinstance(users, list) else [users], employees, known)
    return steps[0]


@pytest.mark.parametrize(
    ("who", "sign"),
    [
        pytest.param(user(email="Agent.ONE@example.com"), "email", id="email-in-any-case"),
        pytest.param(user(extension="117"), "extension", id="extension"),
        pytest.param(user(phones=("+971 50 123 4567",)), "phone", id="phone-in-any-spelling"),
        pytest.param(user(phones=("0501234567",)), "phone", id="phone-in-national-form"),
        pytest.param(
            user(email="agent.one@example.com", extension="118"), "email", id="email-wins"
        ),
    ],
)
def test_user_is_recognised(who, sign):
    step = only(who, [ONE, TWO])

    assert outcome(step) == ("skipped", Why.MATCHED, "101")
    assert step.values == {"sign": sign}
    assert step.write is None


def test_stored_pair_wins_over_everything():
    step = only(user(email="agent.two@example.com"), [ONE, TWO], Known("AE", {"u_17": "101"}))

    assert outcome(step) == ("skipped", Why.SAME, "101")


@pytest.mark.parametrize(
    ("name", "last", "first"),
    [
        ("Anna Maria Petrova", "Petrova", "Anna Maria"),
        ("  Anna\u00a0 Petrova ", "Petrova", "Anna"),
        ("Cher", "Cher", None),
    ],
)
def test_last_word_of_the_name_is_the_last_name(name, last, first):
    assert split_name(name) == (last, first)


def test_unknown_user_is_created_with_all_we_know():
    who = user(
        name="Anna Petrova",
        email=" anna@example.com ",
        extension="120",
        phones=("+971501112233", "12", "050 111 22 33", "+97140000001"),
    )

    step = only(who, [ONE], Known("AE", own_numbers=["97140000001"]))

    assert outcome(step) == ("created", Why.NEW, None)
    assert step.write == NewEmployee(
        "Petrova", "Anna", "anna@example.com", "120", ("971501112233",)
    )


def test_extension_that_the_pbx_cannot_hold_is_left_out():
    assert only(user(extension="ext-1"), []).write.extension is None


def test_user_without_a_name_cannot_be_created():
    assert outcome(only(user(name=" ", email="x@example.com"), [])) == (
        "skipped",
        Why.NAMELESS,
        None,
    )


@pytest.mark.parametrize(
    ("employee", "who", "fields", "write"),
    [
        pytest.param(
            BARE,
            user(email="b@example.com", phones=("+971501112233",)),
            ["email", "phones"],
            Filling("Bare", (EmployeePhone("971501112233"),), "b@example.com"),
            id="both",
        ),
        pytest.param(
            ONE.__class__("103", "Bare", phones=ONE.phones),
            user(email="b@example.com", phones=("+971501112233",)),
            ["email"],
            Filling("Bare", ONE.phones, "b@example.com"),
            id="phones-are-kept-as-they-are",
        ),
    ],
)
def test_what_is_empty_is_filled(employee, who, fields, write):
    step = only(who, [employee], Known("AE", {"u_17": "103"}))

    assert outcome(step) == ("updated", Why.FILLED, "103")
    assert step.values["fields"] == fields
    assert step.write == write


def test_what_is_there_is_never_changed():
    who = user(name="New Name", email="other@example.com", phones=("+971501112233",))

    assert only(who, [ONE], Known("AE", {"u_17": "101"})).write is None


def test_email_of_another_employee_is_not_filled():
    step = only(user(email="agent.one@example.com"), [ONE, BARE], Known("AE", {"u_17": "103"}))

    assert outcome(step) == ("skipped", Why.SAME, "103")


@pytest.mark.parametrize(
    ("who", "known", "why", "employee_id"),
    [
        pytest.param(user(active=False), KNOWN, Why.INACTIVE, None, id="inactive"),
        pytest.param(
            user(active=False), Known("AE", {"u_17": "101"}), Why.INACTIVE, "101", id="paired"
        ),
        pytest.param(
            user(email="agent.one@example.com"),
            Known("AE", kept_apart={"u_17"}),
            Why.KEPT_APART,
            None,
            id="kept-apart",
        ),
    ],
)
def test_user_is_left_alone(who, known, why, employee_id):
    assert outcome(only(who, [ONE], known)) == ("skipped", why, employee_id)


def test_user_who_is_gone_is_reported_while_he_is_paired():
    known = Known("AE", {"u_9": "101"}, gone=[user(9), user(8)])

    steps = plan([user(17, extension="118")], [ONE, TWO], known)

    assert [(step.user.id, step.why) for step in steps] == [
        ("u_17", Why.MATCHED),
        ("u_9", Why.GONE),
    ]


def test_employee_who_is_gone_is_created_again():
    step = only(user(name="Anna Petrova"), [ONE], Known("AE", {"u_17": "555"}))

    assert outcome(step) == ("created", Why.NEW_AGAIN, None)
    assert step.values == {"was": "555"}


def test_several_candidates_are_a_conflict():
    step = only(user(extension="118", phones=("+971501234567",)), [ONE, TWO])

    assert outcome(step) == ("conflict", Why.SEVERAL, None)
    assert step.candidates == ("101", "102")


def test_two_users_of_one_employee_are_both_a_conflict():
    users = [user(17, email="agent.one@example.com"), user(18, email="Agent.One@example.com")]

    first, second = plan(users, [ONE], KNOWN)

    assert outcome(first) == outcome(second) == ("conflict", Why.CLAIMED, None)
    assert (first.values["users"], second.values["users"]) == (["u_18"], ["u_17"])
    assert first.candidates == ("101",)


def test_stronger_sign_wins_and_the_weaker_one_is_a_conflict():
    users = [user(17, extension="117"), user(18, email="agent.one@example.com")]

    weaker, stronger = plan(users, [ONE], KNOWN)

    assert outcome(stronger) == ("skipped", Why.MATCHED, "101")
    assert outcome(weaker) == ("conflict", Why.CLAIMED, None)


def test_employee_of_an_inactive_user_is_not_given_away():
    users = [user(17, active=False), user(18, email="agent.one@example.com")]

    steps = plan(users, [ONE], Known("AE", {"u_17": "101"}))

    assert [step.why for step in steps] == [Why.INACTIVE, Why.CLAIMED]


def test_namesake_is_a_conflict_and_not_a_second_employee():
    step = only(user(name="one AGENT", email="new@example.com"), [ONE])

    assert outcome(step) == ("conflict", Why.SAME_NAME, None)
    assert step.candidates == ("101",)


def test_namesake_who_belongs_to_somebody_hinders_nobody():
    users = [user(17, email="agent.one@example.com"), user(18, name="Agent One")]

    assert [str(step.result) for step in plan(users, [ONE], KNOWN)] == ["skipped", "created"]


@pytest.mark.parametrize(
    "sign", [{"email": "same@example.com"}, {"extension": "120"}], ids=["email", "extension"]
)
def test_two_new_users_with_one_sign_are_a_conflict(sign):
    steps = plan([user(17, **sign), user(18, **sign)], [], KNOWN)

    assert [(step.why, step.values) for step in steps] == [
        (Why.SHARED, {"users": ["u_18"]}),
        (Why.SHARED, {"users": ["u_17"]}),
    ]
    assert count_changes(steps) == 0


def test_number_of_several_users_is_given_to_nobody():
    office = "+97142223344"
    users = [user(17, phones=(office, "+971501112233")), user(18, name="B", phones=(office,))]

    steps = plan(users, [], KNOWN)

    assert [step.write.phones for step in steps] == [("971501112233",), ()]


def test_user_listed_twice_counts_once():
    assert len(plan([user(17), user(17)], [], KNOWN)) == 1
