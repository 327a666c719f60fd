"""The draft of the settings: one per integration, changed step by step by any of its admins.

Two admins never overwrite each other silently: a page knows what its settings were when it was
made, and saving fails if somebody has changed the same ones since. Changes of other steps are no
conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Integration, SettingsVersion
from rules.audit import Change
from rules.document import digest, value_at, with_values
from rules.settings import DEFAULTS, Settings, dump, load, with_row_ids
from rules.settings_changes import difference
from services.audit_log import record
from services.integrations import database_now, locked

SAVED = "saved"


@dataclass(frozen=True)
class Draft:
    """The settings as admins edit them, a whole document; `is_draft` is False while they are the
    published ones (or, before the first publication, the defaults)."""

    document: dict[str, Any]
    is_draft: bool
    author: str | None = None
    saved_at: datetime | None = None

    @property
    def settings(self) -> Settings:
        return load(self.document)

    def seen(self, paths: Iterable[str]) -> str:
        """What a page remembers of these settings, to give back when it saves."""
        return digest(self.document, paths)

    @property
    def seen_whole(self) -> str:
        """What a page remembers that shows the whole document."""
        return self.seen(DEFAULTS)


class StaleDraft(Exception):
    """Somebody else has changed the same settings. `mine` is what was to be saved; with `seen` it
    can be saved over theirs."""

    def __init__(self, theirs: Draft, mine: Mapping[str, Any], paths: Iterable[str]) -> None:
        super().__init__("the draft has changed")
        self.theirs = theirs
        self.mine = dict(mine)
        self.seen = theirs.seen(paths)

    @property
    def differing(self) -> list[str]:
        """The paths on which the two disagree."""
        known = self.theirs.document
        return [path for path, value in self.mine.items() if value_at(known, path) != value]


class DraftChanged(Exception):
    """The whole draft is no longer what the page showed; `current` is what it is now."""

    def __init__(self, current: Draft) -> None:
        super().__init__("the draft has changed since it was shown")
        self.current = current


def read_draft(session: Session, integration: Integration) -> Draft:
    """The draft; while there is none, what is published."""
    if integration.draft is not None:
        document = dump(load(with_row_ids(integration.draft)))
        return Draft(document, True, integration.draft_author, integration.draft_saved_at)
    return Draft(published_document(session, integration), False)


def published_document(session: Session, integration: Integration) -> dict[str, Any]:
    """What calls are handled by now; the defaults before the first publication."""
    if not integration.published_version:
        return DEFAULTS
    query = select(SettingsVersion.document).where(
        SettingsVersion.integration_id == integration.id,
        SettingsVersion.number == integration.published_version,
    )
    return dump(load(with_row_ids(session.execute(query).scalar_one())))


def save_values(
    session: Session,
    integration_id: int,
    values: Mapping[str, Any],
    *,
    seen: str | None,
    paths: Sequence[str],
    author: str,
    step: str,
) -> Draft:
    """Put these values (path -> value, already checked) into the draft and mark the step as saved.

    `seen` is what the page remembers of `paths`; None saves over whatever is there. Raises
    StaleDraft, with nothing changed, if they have been changed since and differ from `values`.
    """
    integration = locked(session, integration_id)
    current = read_draft(session, integration)
    stale = StaleDraft(current, values, paths)
    if seen is not None and seen != stale.seen and stale.differing:
        session.rollback()
        raise stale
    document = dump(load(with_values(current.document, values)))
    if document != current.document:
        _store(session, integration, document, author)
        changed = _changed(current, document)
        record(session, Change.DRAFT_SAVED, integration_id, step=step, changed=changed)
    integration.setup_progress = {**integration.setup_progress, step: SAVED}
    session.commit()
    return read_draft(session, integration)


def replace_draft(
    session: Session,
    integration_id: int,
    document: Mapping[str, Any],
    *,
    author: str,
    seen: str | None = None,
) -> None:
    """Make a whole checked document the draft: an import, or an older version brought back.

    `seen` is what the page showed as draft (`Draft.seen_whole`). Raises DraftChanged, with nothing
    changed, if it is another one by now.
    """
    integration = locked(session, integration_id)
    current = check_seen(session, integration, seen)
    whole = dump(load(with_row_ids(document)))
    _store(session, integration, whole, author)
    record(session, Change.DRAFT_REPLACED, integration_id, changed=_changed(current, whole))
    session.commit()


def discard_draft(session: Session, integration_id: int, *, seen: str | None = None) -> None:
    """Forget the draft: the wizard shows what is published again. Raises DraftChanged as
    `replace_draft` does."""
    integration = locked(session, integration_id)
    check_seen(session, integration, seen)
    integration.draft = integration.draft_author = integration.draft_saved_at = None
    integration.draft_revision += 1
    record(session, Change.DRAFT_DROPPED, integration_id)
    session.commit()


def check_seen(session: Session, integration: Integration, seen: str | None) -> Draft:
    """The draft of a locked integration. Raises DraftChanged if it is not the one that was seen."""
    current = read_draft(session, integration)
    if seen is not None and seen != current.seen_whole:
        session.rollback()
        raise DraftChanged(current)
    return current


def _changed(before: Draft, document: dict[str, Any]) -> list[str]:
    """The paths of the settings that differ, for the log of changes."""
    return [path for path, _old, _new in difference(before.settings, load(document))]


def _store(
    session: Session, integration: Integration, document: dict[str, Any], author: str
) -> None:
    """A draft that says what is published already is none."""
    is_news = document != published_document(session, integration)
    is_kept = is_news or not integration.published_version
    integration.draft = document if is_kept else None
    integration.draft_author = author if is_kept else None
    integration.draft_saved_at = database_now(session) if is_kept else None
    integration.draft_revision += 1
