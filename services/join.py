"""Take up an invitation: as a new login, or with one that is there. Owns its transactions."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models import Login, db
from models.login import ADMIN, EMPLOYEE
from rules.audit import Change
from rules.emails import is_email
from rules.passwords import find_weakness
from rules.reach import joined, may_join
from services.audit_log import Actor, record
from services.integrations import database_now
from services.invitations import Offer, find_offer, use_up
from services.login import Visitor, hash_password, open_session
from services.members import reach_of
from services.people import apply_reach, lock_login
from services.sessions import WeakPassword


class WrongEmail(Exception):
    """What was typed is not an e-mail address."""


class LoginIsThere(Exception):
    """There is a login with this e-mail: it has to log in to take up the invitation."""


class RoleDiffers(Exception):
    """The login that is there has another role, which counts for all its integrations."""


def find_login_of(email: str) -> Login | None:
    return db.session.scalar(select(Login).where(Login.email == email.strip().lower()))


def join_as_new(
    token: str, *, email: str, name: str | None, password: str, visitor: Visitor
) -> tuple[Login, str]:
    """Make the login and its first session; the session's token. Of two who use a link at the same
    moment one wins. `email` counts only if the invitation names none.

    Raises NoSuchInvitation, WrongEmail, LoginIsThere or WeakPassword; then the link is still good.
    """
    offer = find_offer(token)
    known = offer.email or email.strip().lower()
    if not is_email(known):
        raise WrongEmail
    if weakness := find_weakness(password, known):
        raise WeakPassword(weakness)
    if find_login_of(known):
        raise LoginIsThere
    db.session.rollback()
    hashed = hash_password(password)  # takes long: no lock is held meanwhile
    use_up(find_offer(token))
    login = Login(
        email=known,
        name=(name or "").strip() or None,
        role=ADMIN if offer.reach.is_admin else EMPLOYEE,
        password_hash=hashed,
        created_at=database_now(db.session()),
    )
    db.session.add(login)
    try:
        db.session.flush()
    except IntegrityError as error:  # made in this very moment, by another link or a command
        db.session.rollback()
        raise LoginIsThere from error
    apply_reach(login, offer.reach)
    session_token = open_session(login, visitor)
    actor = Actor("page", known, login.id, visitor.address)
    _note(offer, known, actor)
    db.session.commit()
    return login, session_token


def join_with(token: str, login_id: int) -> None:
    """Give somebody who is logged in what the invitation offers.

    Raises NoSuchInvitation, LoginIsThere if it is for another e-mail, or RoleDiffers.
    """
    offer = find_offer(token)
    login = lock_login(login_id)
    if login is None or login.email != offer.email:
        db.session.rollback()
        raise LoginIsThere
    if not may_join(reach_of(login), offer.reach):
        db.session.rollback()
        raise RoleDiffers
    use_up(offer)
    apply_reach(login, joined(reach_of(login), offer.reach))
    _note(offer, login.email)
    db.session.commit()


def _note(offer: Offer, email: str, actor: Actor | None = None) -> None:
    ids = sorted(offer.reach.integration_ids)
    place = ids[0] if len(ids) == 1 else None
    role = ADMIN if offer.reach.is_admin else EMPLOYEE
    record(db.session(), Change.JOINED, place, actor=actor, email=email, role=role)
