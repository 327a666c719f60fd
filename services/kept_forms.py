"""What somebody typed when the session was over: kept for the same login, given back once.

Only fields that are no secrets are kept, for twelve hours at most. Owns its transactions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError

from models import KeptForm, db
from models.base import MILLISECOND, from_ms, now_ms, writing
from rules.secret_names import is_secret_name

KEPT_FOR = timedelta(hours=12)
LARGEST_BYTES = 64 * 1024
LONGEST_PATH = 500
MOST_OF_A_LOGIN = 20

Fields = list[tuple[str, str]]


class TooMuch(Exception):
    """Nothing was kept: it is larger than we keep."""


def keep(
    login_id: int, path: str, fields: Iterable[tuple[str, str]], *, secret_names: Collection[str]
) -> bool:
    """Keep a form that was posted to `path`, instead of an older one.

    Secrets are left out: fields of `secret_names`, and those whose names sound like one. False if
    nothing else was typed. Raises TooMuch.
    """
    kept = [[name, text] for name, text in fields if not is_secret_name(name, secret_names)]
    if not kept:
        return False
    if len(path) > LONGEST_PATH or len(json.dumps(kept)) > LARGEST_BYTES:
        raise TooMuch
    db.session.rollback()
    with writing():
        _forget(KeptForm.login_id == login_id, KeptForm.path == path)
        _forget_the_oldest(login_id)
        now = from_ms(db.session.execute(select(now_ms())).scalar_one())
        db.session.add(KeptForm(login_id=login_id, path=path, fields=kept, kept_at=now))
        try:
            db.session.commit()
        except IntegrityError:  # the same form, sent twice at the same moment
            db.session.rollback()
    return True


def take(login_id: int, path: str) -> Fields | None:
    """What this login had typed into the form that posts to `path`, once; None if nothing.

    Ends the transaction of the caller if something is there.
    """
    row = db.session.scalar(
        select(KeptForm).where(
            KeptForm.login_id == login_id,
            KeptForm.path == path,
            KeptForm.kept_at > now_ms() - KEPT_FOR // MILLISECOND,
        )
    )
    if row is None:
        return None
    row_id, fields = row.id, [(str(name), str(text)) for name, text in row.fields]
    db.session.rollback()
    with writing():
        was_first = _forget(KeptForm.id == row_id)
        db.session.commit()
    return fields if was_first else None


def purge() -> None:
    """Forget what nobody came back for."""
    db.session.rollback()
    with writing():
        _forget(KeptForm.kept_at <= now_ms() - KEPT_FOR // MILLISECOND)
        db.session.commit()


def _forget_the_oldest(login_id: int) -> None:
    newest = (
        select(KeptForm.id)
        .where(KeptForm.login_id == login_id)
        .order_by(KeptForm.kept_at.desc(), KeptForm.id.desc())
        .limit(MOST_OF_A_LOGIN - 1)
    )
    _forget(KeptForm.login_id == login_id, KeptForm.id.not_in(newest))


def _forget(*conditions: ColumnElement[bool]) -> bool:
    """Whether anything was there to forget."""
    gone = db.session.execute(delete(KeptForm).where(*conditions).returning(KeptForm.id))
    return bool(gone.all())
