"""People who may log in, what they see, and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BigId, Moment, db

ADMIN, EMPLOYEE = "admin", "employee"


class Login(db.Model):  # type: ignore[name-defined]
    """`role` is admin or employee. An admin without integrations sees all, an employee none."""

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)  # lower case
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    name: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(5))
    theme: Mapped[str | None] = mapped_column(String(5))
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    # The second step of the login: the secret that the person's app has too, which of its codes
    # was used last, and the hashes of the codes for the day when the app is lost.
    second_step_sealed: Mapped[str | None] = mapped_column(Text)
    second_step_at: Mapped[datetime | None] = mapped_column(Moment)
    second_step_used: Mapped[int | None] = mapped_column(BigId)
    recovery_hashes: Mapped[list[str] | None]

    integrations: Mapped[list[LoginIntegration]] = relationship(lazy="selectin")

    @property
    def has_second_step(self) -> bool:
        return self.second_step_sealed is not None

    def lacks_second_step(self, wanted: str) -> bool:
        """Whether a server that wants it of these people ("none", "admins", "all") waits for it."""
        is_asked = wanted == "all" or (wanted == "admins" and self.is_admin)
        return is_asked and not self.has_second_step

    @property
    def is_admin(self) -> bool:
        return self.role == ADMIN

    def may_see(self, integration_id: int) -> bool:
        named = {row.integration_id for row in self.integrations}
        return integration_id in named or (self.is_admin and not named)


class LoginIntegration(db.Model):  # type: ignore[name-defined]
    __tablename__ = "login_integration"

    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    # Set by an admin where the e-mail does not tell which CRM user this login is.
    crm_user_id: Mapped[str | None] = mapped_column(String(100))


class LoginSession(db.Model):  # type: ignore[name-defined]
    """One signed-in browser. The cookie carries a random token; only its hash is kept."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    address: Mapped[str | None] = mapped_column(String(64))
    agent: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class Invitation(db.Model):  # type: ignore[name-defined]
    """A link that makes one login, once, until `expires_at`. Only the hash of its token is kept."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(200))  # lower case
    name: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    integration_ids: Mapped[list[Any]]
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("login.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class KeptForm(db.Model):  # type: ignore[name-defined]
    """What somebody typed when the session was over; given back after the login, once.

    `fields` are pairs of name and text, `path` is where they were posted to.
    """

    __tablename__ = "kept_form"
    __table_args__ = (UniqueConstraint("login_id", "path"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(500))
    fields: Mapped[list[Any]]
    kept_at: Mapped[datetime] = mapped_column(Moment)


class LoginFailure(db.Model):  # type: ignore[name-defined]
    """Failed passwords in a row per account or address; they grow the delay."""

    __tablename__ = "login_failure"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)  # keyed hash
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Moment)
