"""Publish the draft: checked once more as a whole, and only if it is what the page showed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from rules.settings_checks import Problem, problems
from services.drafts import check_seen
from services.integrations import known_references, locked, publish


class NotPublishable(Exception):
    """Something keeps the draft from being published; nothing was changed."""

    def __init__(self, found: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(found)} problems")
        self.problems = found


def publish_draft(
    session: Session, integration_id: int, *, seen: str | None, author: str
) -> int | None:
    """Make the draft the next version and return its number; None if calls run by it already.

    Pressed twice it publishes once. Raises DraftChanged if the draft is not what the page showed,
    NotPublishable if it cannot work; both leave everything as it was. The caller rings after it.
    """
    integration = locked(session, integration_id)
    draft = check_seen(session, integration, seen)
    if integration.published_version and not draft.is_draft:
        session.rollback()
        return None
    found = problems(draft.document, known_references(session, integration))
    if found:
        session.rollback()
        raise NotPublishable(found)
    return publish(session, integration, draft.document, author=author)
