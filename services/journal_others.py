"""The journal's other books: personal-manager answers, changes told by Behomes, clicks to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from models import ClickCall, CrmEvent, ManagerAnswer
from models.base import from_ms, to_ms
from services.integrations import database_now

PAGE_SIZE = 30
MANAGER, CRM_EVENTS, CLICKS = "manager", "crm-events", "clicks"


@dataclass(frozen=True)
class Book:
    """A table of the journal and the moment by which it is ordered; both have an index."""

    table: Any
    at: Any


BOOKS = {
    MANAGER: Book(ManagerAnswer, ManagerAnswer.at),
    CRM_EVENTS: Book(CrmEvent, CrmEvent.received_at),
    CLICKS: Book(ClickCall, ClickCall.asked_at),
}


@dataclass(frozen=True)
class BookPage:
    """`before` leads to the older page, None on the last one."""

    rows: Sequence[Any]
    before: str | None


def read_book(
    session: Session, integration_id: int, name: str, *, days: int, before: str = ""
) -> BookPage:
    """One page of a book, newest first; `days` 0 takes all that is kept."""
    book = BOOKS[name]
    query = select(book.table).where(book.table.integration_id == integration_id)
    if days:
        query = query.where(book.at >= database_now(session) - timedelta(days=days))
    at, _, row_id = before.partition("-")
    if at.isdecimal() and row_id.isdecimal() and len(at) < 15 and len(row_id) < 18:
        query = query.where(tuple_(book.at, book.table.id) < (from_ms(int(at)), int(row_id)))
    query = query.order_by(book.at.desc(), book.table.id.desc()).limit(PAGE_SIZE + 1)
    found = list(session.scalars(query))
    rows = found[:PAGE_SIZE]
    if len(found) <= PAGE_SIZE:
        return BookPage(rows, None)
    return BookPage(rows, f"{to_ms(getattr(rows[-1], book.at.key))}-{rows[-1].id}")
