"""A sync that is repeated, or stopped half-way and taken up again, ends in the same state."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rules.crm import CrmUser
from rules.employee_sync import Filling, Known, NewEmployee, Result, count_changes, plan
from rules.pbx import Employee, EmployeePhone

NAMES = st.sampled_from(["", "Cher", "Agent One", "One Agent", "Agent Two", "Anna M Petrova"])
EMAILS = st.sampled_from([None, "", "a@example.com", "A@example.com", "b@example.com", "nonsense"])
EXTENSIONS = st.sampled_from([None, "117", "118", "ext-1"])
PHONES = st.lists(st.sampled_from(["+971501112233", "0501112233", "+12025550143", "12"]))
USERS = st.lists(
    st.builds(
        CrmUser,
        id=st.sampled_from([f"u_{number}" for number in range(6)]),
        name=NAMES,
        email=EMAILS,
        phones=PHONES.map(tuple),
        extension=EXTENSIONS,
        active=st.sampled_from([True, True, True, False]),
    ),
    max_size=6,
    unique_by=lambda user: user.id,
)
EMPLOYEES = st.lists(
    st.builds(
        Employee,
        id=st.sampled_from(["101", "102", "103", "104"]),
        last_name=st.just("Agent"),
        first_name=st.sampled_from(["One", "Two", ""]),
        email=EMAILS,
        extension=EXTENSIONS,
        phones=PHONES.map(lambda numbers: tuple(EmployeePhone(one) for one in numbers)),
    ),
    max_size=4,
    unique_by=lambda employee: employee.id,
)
PAIRS = st.dictionaries(
    st.sampled_from(["u_0", "u_1", "u_9"]), st.sampled_from(["101", "102", "999"]), max_size=2
).filter(lambda pairs: len(set(pairs.values())) == len(pairs))
APART = st.sets(st.sampled_from(["u_2", "u_3"]))


class Pbx:
    """Two lists and the pairs, and what a run does with them."""

    def __init__(self, users, employees, pairs, apart):
        self.users, self.apart = users, apart
        self.employees = {each.id: each for each in employees}
        self.pairs = dict(pairs)

    def plan(self):
        known = Known("AE", self.pairs, self.apart)
        return plan(self.users, self.employees.values(), known)

    def run(self, most=100, *, forget_last=False):
        """Carry out a plan, `most` writes of it; `forget_last`: killed before the pair of the last
        one created was kept. The pairs of those who were there are kept before anything is sent."""
        steps = self.plan()
        for step in steps:
            if step.employee_id and step.result is not Result.CONFLICT:
                self.pairs[step.user.id] = step.employee_id
        for number, step in enumerate((step for step in steps if step.write), start=1):
            if number > most:
                return
            employee_id = self.write(step)
            if not (forget_last and number == most):
                self.pairs[step.user.id] = employee_id

    def write(self, step):
        match step.write:
            case NewEmployee() as new:
                employee_id = str(200 + len(self.employees))
                phones = tuple(EmployeePhone(one) for one in new.phones)
                self.employees[employee_id] = Employee(
                    employee_id,
                    new.last_name,
                    new.first_name or "",
                    "",
                    new.email,
                    new.extension,
                    phones,
                )
                return employee_id
            case Filling() as filling:
                old = self.employees[step.employee_id]
                email = filling.email or old.email
                self.employees[old.id] = replace(old, email=email, phones=filling.phones)
        return step.employee_id

    def state(self):
        """Everything but the ids of what was created."""
        shown = {each.id: replace(each, id="") for each in self.employees.values()}
        pairs = {user: shown.get(employee, employee) for user, employee in self.pairs.items()}
        return sorted(map(repr, shown.values())), sorted(pairs.items(), key=repr)


@given(USERS, EMPLOYEES, PAIRS, APART)
def test_second_run_changes_nothing(users, employees, pairs, apart):
    pbx = Pbx(users, employees, pairs, apart)

    pbx.run()

    assert count_changes(pbx.plan()) == 0
    before = pbx.state()
    pbx.run()
    assert pbx.state() == before


@given(USERS, EMPLOYEES, PAIRS, APART, st.integers(0, 4))
def test_run_that_was_stopped_and_goes_on_ends_like_one_that_was_not(
    users, employees, pairs, apart, most
):
    straight, stopped = (Pbx(users, employees, pairs, apart) for _ in range(2))

    straight.run()
    stopped.run(most)
    stopped.run()

    assert stopped.state() == straight.state()


@given(USERS, EMPLOYEES, PAIRS, APART, st.integers(1, 4))
def test_employee_whose_creation_was_forgotten_is_not_made_again(
    users, employees, pairs, apart, most
):
    straight, killed = (Pbx(users, employees, pairs, apart) for _ in range(2))

    straight.run()
    killed.run(most, forget_last=True)
    killed.run()

    assert len(killed.employees) <= len(straight.employees)


@given(USERS, EMPLOYEES, PAIRS, APART)
def test_each_user_has_one_step_and_no_employee_two_users(users, employees, pairs, apart):
    steps = Pbx(users, employees, pairs, apart).plan()

    active = [step for step in steps if step.user.active]
    given_to = [step.employee_id for step in active if step.employee_id]
    assert [step.user.id for step in steps] == [user.id for user in users]
    assert len(given_to) == len(set(given_to))
    assert all((step.write is None) is (step.result in ("skipped", "conflict")) for step in steps)
