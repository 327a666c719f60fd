"""What the employee sync does with each CRM user: Behomes -> CallGear, nothing is ever deleted.

Pure, and a function of the two lists alone: after everything was done, the next plan changes
nothing. An employee's name is never changed; only an empty e-mail is filled, and phones where
there are none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.crm import CrmUser
from rules.employee_match import (
    Directory,
    Match,
    Sign,
    email_key,
    id_key,
    match,
    name_key,
    phone_keys,
    shared,
)
from rules.pbx import Employee, EmployeePhone
from rules.phones import digits_of, normalise

MAX_PHONES = 10
MAX_NAME = 255
EXTENSION = re.compile(r"\d{1,5}", re.ASCII)


class Result(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    CONFLICT = "conflict"


class Why(StrEnum):
    """Every reason; the values each carries stand behind it."""

    NEW = "new"
    NEW_AGAIN = "new_again"  # was: the id of the paired employee, who is no longer there
    FILLED = "filled"  # sign, fields: email, phones
    SAME = "same"
    MATCHED = "matched"  # sign
    KEPT_APART = "kept_apart"
    INACTIVE = "inactive"
    GONE = "gone"
    NAMELESS = "nameless"
    SEVERAL = "several"  # sign
    CLAIMED = "claimed"  # sign, users: who claim the same employee, with the same or more right
    SAME_NAME = "same_name"
    SHARED = "shared"  # users: others of the CRM with the same e-mail or extension
    # What can come of writing
    REFUSED = "refused"  # message
    UNCLEAR = "unclear"  # sent, and nobody knows whether it was carried out
    # What a person said
    PAIRED_BY_HAND = "paired_by_hand"


@dataclass(frozen=True)
class NewEmployee:
    """What is created; `phones` are digits."""

    last_name: str
    first_name: str | None = None
    email: str | None = None
    extension: str | None = None
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filling:
    """What is filled in; `phones` is the whole list, as it was or new."""

    last_name: str
    phones: tuple[EmployeePhone, ...]
    email: str | None = None


@dataclass(frozen=True)
class Step:
    """One CRM user and what becomes of him. `write` is what is to be sent, if anything."""

    user: CrmUser
    result: Result
    why: Why
    employee_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    write: NewEmployee | Filling | None = None


@dataclass(frozen=True)
class Known:
    """What we hold besides the two lists. `pairs`: CRM user id -> employee id; `kept_apart`: users
    to whom, a person said, no employee belongs; `gone`: users who were listed once; `own_numbers`:
    the account's virtual numbers, which are nobody's phone."""

    country: str
    pairs: Mapping[str, str] = field(default_factory=dict)
    kept_apart: Collection[str] = ()
    gone: Sequence[CrmUser] = ()
    own_numbers: Collection[str] = ()


def plan(users: Iterable[CrmUser], employees: Iterable[Employee], known: Known) -> tuple[Step, ...]:
    """One step for each CRM user in their order, then those who are gone but still paired."""
    listed = list({user.id: user for user in users}.values())
    directory = Directory.of(employees, known.country)
    wanted = [user for user in listed if user.active and not _is_apart(user, known)]
    matches = match(wanted, directory, known.pairs)
    own = phone_keys(known.own_numbers, known.country)
    unfit = _common_phones(wanted, known.country) | frozenset(own)
    planner = _Planner(directory, known, matches, shared(wanted, _signs), unfit)
    steps = [planner.step(user) for user in listed]
    ids = {user.id for user in listed}
    gone = [user for user in known.gone if user.id in known.pairs and user.id not in ids]
    return (*steps, *(planner.gone(user) for user in gone))


def count_changes(steps: Iterable[Step]) -> int:
    """How many employees would be created or changed in the PBX."""
    return sum(step.write is not None for step in steps)


def split_name(name: str) -> tuple[str, str | None]:
    """Last name and first name: the last word, and the rest if there is any."""
    words = name.split()
    last = words[-1] if words else ""
    return last[:MAX_NAME], " ".join(words[:-1])[:MAX_NAME] or None


def _is_apart(user: CrmUser, known: Known) -> bool:
    return user.id in known.kept_apart and user.id not in known.pairs


def _signs(user: CrmUser) -> list[str]:
    """What no second user may bear if an employee is to be created for this one."""
    email, extension = email_key(user.email), (user.extension or "").strip()
    return [f"email {email}"] * bool(email) + [f"extension {extension}"] * bool(extension)


def _common_phones(users: Sequence[CrmUser], country: str) -> frozenset[str]:
    """Numbers of more than one user, as an office's main line: they tell nobody apart."""
    counts = Counter(number for user in users for number in phone_keys(user.phones, country))
    return frozenset(number for number, count in counts.items() if count > 1)


@dataclass(frozen=True)
class _Planner:
    directory: Directory
    known: Known
    matches: Mapping[str, Match]
    doubles: Mapping[str, list[str]]  # user -> others with his e-mail or extension
    unfit: frozenset[str]  # numbers that no employee is given

    def step(self, user: CrmUser) -> Step:
        paired = self.known.pairs.get(user.id)
        if not user.active:
            return Step(user, Result.SKIPPED, Why.INACTIVE, paired)
        if user.id not in self.matches:
            return Step(user, Result.SKIPPED, Why.KEPT_APART)
        found = self.matches[user.id]
        if found.employee_id and found.sign:
            return self._matched(user, self.directory.employees[found.employee_id], found.sign)
        if found.rivals:
            values = {"sign": str(found.sign), "users": list(found.rivals)}
            return self._conflict(user, Why.CLAIMED, found.candidates, values)
        if found.candidates:
            values = {"sign": str(found.sign)}
            return self._conflict(user, Why.SEVERAL, found.candidates, values)
        return self._unknown(user, paired)

    def gone(self, user: CrmUser) -> Step:
        return Step(user, Result.SKIPPED, Why.GONE, self.known.pairs.get(user.id))

    def _conflict(
        self, user: CrmUser, why: Why, candidates: tuple[str, ...], values: Mapping[str, Any]
    ) -> Step:
        return Step(user, Result.CONFLICT, why, values=values, candidates=candidates)

    def _matched(self, user: CrmUser, employee: Employee, sign: Sign) -> Step:
        email = self._missing_email(user, employee)
        phones = () if employee.phones else self._phones(user)
        fields = [name for name, value in (("email", email), ("phones", phones)) if value]
        if not fields:
            if sign is Sign.PAIR:
                return Step(user, Result.SKIPPED, Why.SAME, employee.id)
            values = {"sign": str(sign)}
            return Step(user, Result.SKIPPED, Why.MATCHED, employee.id, values)
        last_name = employee.last_name or split_name(employee.full_name or user.name)[0]
        whole = tuple(EmployeePhone(number) for number in phones) or employee.phones
        filling = Filling(last_name, whole, email)
        told = {"sign": str(sign), "fields": fields}
        return Step(user, Result.UPDATED, Why.FILLED, employee.id, told, write=filling)

    def _missing_email(self, user: CrmUser, employee: Employee) -> str | None:
        """The user's e-mail if the employee has none and nobody else claims it."""
        email = (user.email or "").strip()
        is_missing = "@" in email and not employee.email
        is_taken = user.id in self.doubles or self.directory.by_email.get(email_key(email))
        return email if is_missing and not is_taken else None

    def _phones(self, user: CrmUser) -> tuple[str, ...]:
        """The user's own valid numbers, as the PBX writes them."""
        numbers = (normalise(phone, country=self.known.country) for phone in user.phones)
        valid = (one.value for one in numbers if one and one.is_valid)
        fitting = dict.fromkeys(digits_of(value) for value in valid if value not in self.unfit)
        return tuple(fitting)[:MAX_PHONES]

    def _unknown(self, user: CrmUser, paired: str | None) -> Step:
        """Nobody is known by his signs: create, unless somebody unclaimed bears his name."""
        last_name, first_name = split_name(user.name or "")
        if not last_name:
            return Step(user, Result.SKIPPED, Why.NAMELESS)
        taken = {one.employee_id for one in self.matches.values()} | set(self.known.pairs.values())
        namesakes = self.directory.by_name.get(name_key(user.name), set()) - taken
        if namesakes:
            candidates = tuple(sorted(namesakes, key=id_key))
            return self._conflict(user, Why.SAME_NAME, candidates, {})
        if user.id in self.doubles:
            return self._conflict(user, Why.SHARED, (), {"users": self.doubles[user.id]})
        email, extension = (user.email or "").strip(), (user.extension or "").strip()
        new = NewEmployee(
            last_name=last_name,
            first_name=first_name,
            email=email if "@" in email else None,
            extension=extension if EXTENSION.fullmatch(extension) else None,
            phones=self._phones(user),
        )
        why, values = (Why.NEW_AGAIN, {"was": paired}) if paired else (Why.NEW, {})
        return Step(user, Result.CREATED, why, None, values, write=new)
