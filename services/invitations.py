"""One-time links that make a login, or give a login one more integration. Owns its transactions.

Only the hash of a link's token is stored. A link is good for 72 hours, until it is used or revoked,
and only as long as the one who made it may still give away that much. The setup link of a new
server has no such person: it is good until there is an admin.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from models import Integration, Invitation, Login, db
from models.base import MILLISECOND, now_ms
from models.integration import LIVE
from models.login import ADMIN, EMPLOYEE
from rules.audit import Change
from rules.reach import Level, Reach, may_invite
from services.audit_log import record
from services.integrations import database_now
from services.members import list_members, reach_of
from services.vault import new_token, token_hash

VALID_FOR = timedelta(hours=72)
SHOWN_AFTER = timedelta(days=7)
FORGOTTEN_AFTER = timedelta(days=30)


class MayNotInvite(Exception):
    """The admin would give away more than he has."""


class IsThereAlready(Exception):
    """Somebody with this e-mail sees the integration already."""


class NoSuchInvitation(Exception):
    """The link is unknown, used, revoked or too old; which of these is not told."""


@dataclass(frozen=True)
class Made:
    """A new link: its token is known only now."""

    id: int
    token: str


@dataclass(frozen=True)
class Offer:
    """What a link offers: to whom ("": whoever opens it), what, from whom (None: the server)."""

    id: int
    email: str
    name: str | None
    reach: Reach
    titles: Sequence[str]
    invited_by: str | None


@dataclass(frozen=True)
class Waiting:
    """An invitation that nobody has used yet."""

    row: Invitation
    level: Level
    is_expired: bool
    invited_by: str | None


def invite(
    actor_id: int, email: str, *, name: str | None, level: Level, integration_ids: Collection[int]
) -> Made:
    """Make a link. An older one for the same person and place is revoked.

    Raises MayNotInvite or IsThereAlready.
    """
    actor, ids = db.session.get_one(Login, actor_id), frozenset(integration_ids)
    known = email.strip().lower()
    if not may_invite(reach_of(actor), level, ids):
        raise MayNotInvite
    if any(known == member.login.email for each in ids for member in list_members(each)):
        raise IsThereAlready
    same = Invitation.email == known
    for row in db.session.scalars(select(Invitation).where(same, *_is_unused())):
        if frozenset(row.integration_ids) == ids:
            row.revoked_at = database_now(db.session())
    return _add(
        Invitation(
            email=known,
            name=(name or "").strip() or None,
            role=EMPLOYEE if level is Level.EMPLOYEE else ADMIN,
            integration_ids=sorted(ids),
            invited_by=actor_id,
        ),
        Change.INVITED,
    )


def invite_first_admin() -> Made | None:
    """The setup link of a server without an admin, instead of an older one; None if it has one."""
    if _has_admin():
        db.session.rollback()
        return None
    db.session.execute(
        update(Invitation)
        .where(Invitation.invited_by.is_(None), *_is_unused())
        .values(revoked_at=now_ms())
    )
    first = Invitation(email="", role=ADMIN, integration_ids=[], invited_by=None)
    return _add(first, Change.INVITED)


def list_waiting(actor_id: int, integration_id: int) -> list[Waiting]:
    """Invitations to this integration that this admin may manage, the newest first; for a week
    also those that have expired."""
    actor, now = reach_of(db.session.get_one(Login, actor_id)), database_now(db.session())
    rows = db.session.scalars(
        select(Invitation)
        .where(*_is_unused(), Invitation.expires_at > now - SHOWN_AFTER)
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
    ).all()
    names = _names({row.invited_by for row in rows if row.invited_by})
    return [
        Waiting(
            row,
            _offered(row).level,
            is_expired=row.expires_at <= now,
            invited_by=names.get(row.invited_by) if row.invited_by else None,
        )
        for row in rows
        if _manages(actor, row, integration_id)
    ]


def find_waiting(actor_id: int, integration_id: int, invitation_id: int) -> Invitation:
    """Raises NoSuchInvitation."""
    row: Invitation | None = db.session.scalar(
        select(Invitation).where(Invitation.id == invitation_id, *_is_unused()).with_for_update()
    )
    actor = reach_of(db.session.get_one(Login, actor_id))
    if row is None or not _manages(actor, row, integration_id):
        raise NoSuchInvitation
    return row


def revoke(actor_id: int, integration_id: int, invitation_id: int) -> None:
    """The link opens nothing from now on. Raises NoSuchInvitation."""
    row = find_waiting(actor_id, integration_id, invitation_id)
    row.revoked_at = database_now(db.session())
    record(db.session(), Change.INVITATION_REVOKED, integration_id, email=row.email)
    db.session.commit()


def renew(actor_id: int, integration_id: int, invitation_id: int) -> Made:
    """A fresh link for the same person; the old one is revoked. Raises NoSuchInvitation."""
    old = find_waiting(actor_id, integration_id, invitation_id)
    old.revoked_at = database_now(db.session())
    return _add(
        Invitation(
            email=old.email,
            name=old.name,
            role=old.role,
            integration_ids=old.integration_ids,
            invited_by=actor_id,
        ),
        Change.INVITATION_RENEWED,
    )


def find_offer(token: str) -> Offer:
    """What a link offers now. Raises NoSuchInvitation."""
    row = db.session.scalar(
        select(Invitation).where(
            Invitation.token_hash == token_hash(token),
            *_is_unused(),
            Invitation.expires_at > now_ms(),
        )
    )
    if row is None:
        raise NoSuchInvitation
    offered, titles = _offered(row), _titles(row.integration_ids)
    inviter = db.session.get(Login, row.invited_by) if row.invited_by else None
    is_backed = _may_still_invite(inviter, offered) if inviter else not _has_admin()
    if not is_backed or (row.integration_ids and not titles):
        raise NoSuchInvitation
    invited_by = (inviter.name or inviter.email) if inviter else None
    return Offer(row.id, row.email, row.name, offered, titles, invited_by)


def use_up(offer: Offer) -> None:
    """Take the link for good within the transaction under way; the caller commits.

    Raises NoSuchInvitation if somebody else was quicker.
    """
    taken = db.session.execute(
        update(Invitation)
        .where(Invitation.id == offer.id, *_is_unused(), Invitation.expires_at > now_ms())
        .values(used_at=now_ms())
        .returning(Invitation.id)
    ).all()
    if not taken:
        db.session.rollback()
        raise NoSuchInvitation


def purge() -> None:
    """Forget invitations that ended a month ago."""
    old = Invitation.expires_at < now_ms() - FORGOTTEN_AFTER // MILLISECOND
    db.session.execute(delete(Invitation).where(old))
    db.session.commit()


def _add(row: Invitation, change: Change) -> Made:
    token, now = new_token(), database_now(db.session())
    row.token_hash, row.created_at, row.expires_at = token_hash(token), now, now + VALID_FOR
    db.session.add(row)
    db.session.flush()
    made = Made(row.id, token)
    ids = list(row.integration_ids)
    record(db.session(), change, ids[0] if len(ids) == 1 else None, email=row.email, role=row.role)
    db.session.commit()
    return made


def _is_unused() -> tuple[ColumnElement[bool], ...]:
    return Invitation.used_at.is_(None), Invitation.revoked_at.is_(None)


def _offered(row: Invitation) -> Reach:
    return Reach(0, row.role == ADMIN, frozenset(row.integration_ids))


def _manages(actor: Reach, row: Invitation, integration_id: int) -> bool:
    offered = _offered(row)
    return offered.sees(integration_id) and actor.is_admin and actor.covers(offered)


def _may_still_invite(inviter: Login, offered: Reach) -> bool:
    is_in = inviter.disabled_at is None
    return is_in and may_invite(reach_of(inviter), offered.level, offered.integration_ids)


def _has_admin() -> bool:
    is_admin = Login.role == ADMIN, Login.disabled_at.is_(None)
    return db.session.scalar(select(Login.id).where(*is_admin).limit(1)) is not None


def _titles(integration_ids: Collection[int]) -> Sequence[str]:
    query = select(Integration.title).where(Integration.id.in_(list(integration_ids)), LIVE)
    return db.session.scalars(query.order_by(Integration.title)).all()


def _names(login_ids: Collection[int]) -> dict[int, str]:
    logins = db.session.scalars(select(Login).where(Login.id.in_(list(login_ids))))
    return {login.id: login.name or login.email for login in logins}
