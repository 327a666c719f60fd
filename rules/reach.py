"""What a login may see, and what an admin may do to another login: never more than he has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What somebody is on an integration; `ALL` is an admin of every integration, also of those
    that come later."""

    EMPLOYEE = "employee"
    ADMIN = "admin"
    ALL = "all"


class Refusal(StrEnum):
    """Why an admin may not do something to a login."""

    SELF = "self"
    SEES_ALL = "sees_all"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Reach:
    """Who sees which integrations. An admin without any sees all, an employee without any none."""

    login_id: int
    is_admin: bool
    integration_ids: frozenset[int]

    @property
    def level(self) -> Level:
        if not self.is_admin:
            return Level.EMPLOYEE
        return Level.ADMIN if self.integration_ids else Level.ALL

    def sees(self, integration_id: int) -> bool:
        return self.level is Level.ALL or integration_id in self.integration_ids

    def covers(self, other: Reach) -> bool:
        """Whether everything that the other one sees is seen by this one too."""
        if self.level is Level.ALL:
            return True
        return other.level is not Level.ALL and other.integration_ids <= self.integration_ids


def may_invite(actor: Reach, level: Level, integration_ids: frozenset[int]) -> bool:
    """Whether this admin may give away that much."""
    if not actor.is_admin or (level is Level.ALL) is bool(integration_ids):
        return False
    return actor.covers(Reach(0, level is not Level.EMPLOYEE, integration_ids))


def why_not_change(actor: Reach, target: Reach) -> Refusal | None:
    """Level and disabling count wherever the target is at home, so the actor must be there too.

    Nobody changes himself; therefore the last admin can never be locked out.
    """
    if actor.login_id == target.login_id:
        return Refusal.SELF
    if actor.covers(target):
        return None
    return Refusal.SEES_ALL if target.level is Level.ALL else Refusal.ELSEWHERE


def why_not_remove(actor: Reach, target: Reach) -> Refusal | None:
    """Taking somebody out of one integration is the right of each of its admins."""
    if actor.login_id == target.login_id:
        return Refusal.SELF
    return Refusal.SEES_ALL if target.level is Level.ALL else None


def levels_to_give(actor: Reach) -> tuple[Level, ...]:
    """What this admin may make of somebody whom he may change."""
    if actor.level is Level.ALL:
        return (Level.EMPLOYEE, Level.ADMIN, Level.ALL)
    return (Level.EMPLOYEE, Level.ADMIN) if actor.is_admin else ()


def with_level(target: Reach, level: Level, integration_id: int) -> Reach:
    """The target at another level; who saw all, or nothing, then sees this integration."""
    if level is Level.ALL:
        return Reach(target.login_id, True, frozenset())
    ids = target.integration_ids or frozenset({integration_id})
    return Reach(target.login_id, level is Level.ADMIN, ids)


def without(target: Reach, integration_id: int) -> Reach:
    """The target without an integration. Who loses the last one becomes an employee: an admin
    without integrations would see all of them."""
    ids = target.integration_ids - {integration_id}
    return Reach(target.login_id, target.is_admin and bool(ids), ids)


def may_join(known: Reach, invited: Reach) -> bool:
    """Whether a login that is there already may take an invitation without changing its role, which
    counts for all its integrations. Who sees nothing yet takes over the invited role."""
    sees_nothing = not known.is_admin and not known.integration_ids
    return sees_nothing or known.is_admin is invited.is_admin


def joined(known: Reach, invited: Reach) -> Reach:
    """The login after it took the invitation; it never loses anything by that."""
    if Level.ALL in (known.level, invited.level):
        return Reach(known.login_id, True, frozenset())
    ids = known.integration_ids | invited.integration_ids
    return Reach(known.login_id, invited.is_admin, ids)
