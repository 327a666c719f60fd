"""An admin never gives away, or takes away, more than he has."""

from __future__ import annotations

from itertools import product

import pytest

from rules.reach import (
    Level,
    Reach,
    Refusal,
    joined,
    levels_to_give,
    may_invite,
    may_join,
    why_not_change,
    why_not_remove,
    with_level,
    without,
)

ALL = Reach(1, True, frozenset())
DUBAI = Reach(2, True, frozenset({1}))
BOTH = Reach(3, True, frozenset({1, 2}))
AGENT = Reach(4, False, frozenset({1}))
TRAVELLER = Reach(5, False, frozenset({1, 2}))
NOBODY = Reach(6, False, frozenset())
EVERYBODY = [ALL, DUBAI, BOTH, AGENT, TRAVELLER, NOBODY]


@pytest.mark.parametrize(
    ("who", "level"),
    [(ALL, Level.ALL), (DUBAI, Level.ADMIN), (AGENT, Level.EMPLOYEE), (NOBODY, Level.EMPLOYEE)],
)
def test_level(who, level):
    assert who.level is level


@pytest.mark.parametrize(
    ("actor", "level", "ids", "may"),
    [
        pytest.param(DUBAI, Level.EMPLOYEE, {1}, True, id="own"),
        pytest.param(DUBAI, Level.ADMIN, {1}, True, id="own-admin"),
        pytest.param(DUBAI, Level.ADMIN, {2}, False, id="strange"),
        pytest.param(DUBAI, Level.EMPLOYEE, {1, 2}, False, id="own-and-strange"),
        pytest.param(DUBAI, Level.ALL, set(), False, id="all"),
        pytest.param(DUBAI, Level.ADMIN, set(), False, id="admin-of-nothing-is-all"),
        pytest.param(ALL, Level.ALL, set(), True, id="all-by-all"),
        pytest.param(ALL, Level.ALL, {1}, False, id="all-is-not-limited"),
        pytest.param(ALL, Level.EMPLOYEE, set(), False, id="employee-of-nothing"),
        pytest.param(AGENT, Level.EMPLOYEE, {1}, False, id="by-an-employee"),
    ],
)
def test_invitation(actor, level, ids, may):
    assert may_invite(actor, level, frozenset(ids)) is may


@pytest.mark.parametrize(
    ("actor", "target", "refusal"),
    [
        (ALL, ALL, Refusal.SELF),
        (ALL, Reach(9, True, frozenset()), None),
        (DUBAI, ALL, Refusal.SEES_ALL),
        (DUBAI, AGENT, None),
        (DUBAI, TRAVELLER, Refusal.ELSEWHERE),
        (DUBAI, BOTH, Refusal.ELSEWHERE),
        (BOTH, DUBAI, None),
    ],
)
def test_change(actor, target, refusal):
    assert why_not_change(actor, target) is refusal


@pytest.mark.parametrize(
    ("target", "refusal"),
    [(AGENT, None), (TRAVELLER, None), (BOTH, None), (ALL, Refusal.SEES_ALL)],
)
def test_removal(target, refusal):
    assert why_not_remove(DUBAI, target) is refusal


def test_nobody_removes_himself():
    assert why_not_remove(DUBAI, DUBAI) is Refusal.SELF


def test_admin_who_loses_his_last_integration_does_not_see_all_of_them():
    left = without(DUBAI, 1)

    assert (left.level, left.integration_ids) == (Level.EMPLOYEE, frozenset())


@pytest.mark.parametrize(("target", "level"), list(product(EVERYBODY, Level)))
def test_given_level_is_what_comes_out_and_sees_the_integration(target, level):
    changed = with_level(target, level, 1)

    assert changed.level is level
    assert changed.sees(1) or 1 not in target.integration_ids


@pytest.mark.parametrize(("actor", "target"), list(product(EVERYBODY, EVERYBODY)))
def test_no_change_gives_more_than_the_actor_has(actor, target):
    if why_not_change(actor, target) is not None:
        return
    for level in levels_to_give(actor):
        changed = with_level(target, level, next(iter(actor.integration_ids), 1))
        assert actor.covers(changed), (actor, target, level)


@pytest.mark.parametrize(
    ("known", "invited", "may"),
    [
        (AGENT, Reach(0, False, frozenset({2})), True),
        (AGENT, Reach(0, True, frozenset({2})), False),
        (DUBAI, Reach(0, False, frozenset({2})), False),
        (DUBAI, Reach(0, True, frozenset({2})), True),
        (NOBODY, Reach(0, True, frozenset({2})), True),
        (ALL, Reach(0, False, frozenset({2})), False),
    ],
)
def test_login_that_is_there_keeps_its_role(known, invited, may):
    assert may_join(known, invited) is may


@pytest.mark.parametrize(
    ("known", "invited", "after"),
    [
        (AGENT, Reach(0, False, frozenset({2})), (Level.EMPLOYEE, {1, 2})),
        (DUBAI, Reach(0, True, frozenset({2})), (Level.ADMIN, {1, 2})),
        (DUBAI, Reach(0, True, frozenset()), (Level.ALL, set())),
        (ALL, Reach(0, True, frozenset({2})), (Level.ALL, set())),
        (NOBODY, Reach(0, True, frozenset({2})), (Level.ADMIN, {2})),
    ],
)
def test_who_joins_loses_nothing(known, invited, after):
    reach = joined(known, invited)

    assert (reach.level, set(reach.integration_ids)) == after
