"""Which employee of the PBX a user of the CRM is: by stored pair, e-mail, extension or phone.

A stronger sign wins over a weaker one; what two users claim by the same sign belongs to nobody
until a person says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rules.crm import CrmUser
from rules.pbx import Employee
from rules.phones import normalise


class Sign(StrEnum):
    """By what a user is recognised, the strongest first."""

    PAIR = "pair"
    EMAIL = "email"
    EXTENSION = "extension"
    PHONE = "phone"


STRENGTH = {Sign.PAIR: 0, Sign.EMAIL: 1, Sign.EXTENSION: 2, Sign.PHONE: 2}


@dataclass(frozen=True)
class Match:
    """What the signs of one user say. `employee_id` is set when they name one whom nobody claims
    with the same right; else `candidates` are those who could be meant, and `rivals` the users
    who claim the same one. No candidates: nobody is known by these signs."""

    sign: Sign | None = None
    employee_id: str | None = None
    candidates: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()


@dataclass
class Directory:
    """The employees, found by each sign."""

    employees: Mapping[str, Employee]
    country: str
    by_email: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_extension: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_phone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_name: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, employees: Iterable[Employee], country: str) -> Directory:
        made = cls({each.id: each for each in employees}, country)
        for one in made.employees.values():
            if email := email_key(one.email):
                made.by_email[email].add(one.id)
            if extension := (one.extension or "").strip():
                made.by_extension[extension].add(one.id)
            for number in phone_keys((phone.number for phone in one.phones), country):
                made.by_phone[number].add(one.id)
            if name := name_key(one.full_name or f"{one.first_name} {one.last_name}"):
                made.by_name[name].add(one.id)
        return made

    def look_up(self, user: CrmUser) -> Match:
        """What this user's own signs say, whoever else there is."""
        email = email_key(user.email)
        if email and (found := self.by_email.get(email)):
            return _found(Sign.EMAIL, found)
        extension = (user.extension or "").strip()
        by_extension = self.by_extension.get(extension, set()) if extension else set()
        by_phone: set[str] = set()
        for number in phone_keys(user.phones, self.country):
            by_phone |= self.by_phone.get(number, set())
        if by_extension or by_phone:
            sign = Sign.EXTENSION if by_extension else Sign.PHONE
            return _found(sign, by_extension | by_phone)
        return Match()


def match(
    users: Sequence[CrmUser], directory: Directory, pairs: Mapping[str, str]
) -> dict[str, Match]:
    """The match of each user by his id. `pairs` also hold their employees for users who are not
    among `users`: inactive and gone ones."""
    holders = {employee: user for user, employee in pairs.items()}
    found = {user.id: _with_pair(user, directory, pairs) for user in users}
    claims: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for user_id, one in found.items():
        if one.employee_id and one.sign:
            claims[one.employee_id].append((STRENGTH[one.sign], user_id))
    for employee_id, claimants in claims.items():
        holder = holders.get(employee_id)
        winners = [holder] if holder else _strongest(claimants)
        for _strength, user_id in claimants:
            if winners != [user_id]:
                rivals = tuple(each for each in winners if each != user_id)
                found[user_id] = Match(found[user_id].sign, None, (employee_id,), rivals)
    return found


def _with_pair(user: CrmUser, directory: Directory, pairs: Mapping[str, str]) -> Match:
    paired = pairs.get(user.id)
    if paired is not None and paired in directory.employees:
        return Match(Sign.PAIR, paired, (paired,))
    return directory.look_up(user)


def _strongest(claimants: Sequence[tuple[int, str]]) -> list[str]:
    best = min(strength for strength, _user_id in claimants)
    return sorted(user_id for strength, user_id in claimants if strength == best)


def _found(sign: Sign, ids: Iterable[str]) -> Match:
    candidates = tuple(sorted(ids, key=id_key))
    return Match(sign, candidates[0] if len(candidates) == 1 else None, candidates)


def id_key(identity: str) -> tuple[int, str]:
    """Ids in the order in which a person would count them."""
    return (len(identity), identity)


def email_key(email: str | None) -> str:
    return (email or "").strip().casefold()


def name_key(name: str | None) -> tuple[str, ...]:
    """The words of a name in any order and case."""
    return tuple(sorted((name or "").casefold().split()))


def phone_keys(numbers: Iterable[str], country: str) -> tuple[str, ...]:
    """The numbers in their one spelling, each once; what is no number is left out."""
    known = (normalise(number, country=country) for number in numbers)
    return tuple(dict.fromkeys(phone.value for phone in known if phone))


def shared(
    users: Sequence[CrmUser], keys: Callable[[CrmUser], Iterable[str]]
) -> dict[str, list[str]]:
    """Of these users, who has a key that another one has too: his id -> the others' ids."""
    owners: dict[str, list[str]] = defaultdict(list)
    for user in users:
        for key in set(keys(user)):
            owners[key].append(user.id)
    found: dict[str, list[str]] = {}
    for user in users:
        others = {one for key in keys(user) for one in owners[key]} - {user.id}
        if others:
            found[user.id] = sorted(others)
    return found
