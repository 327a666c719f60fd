"""Drafts and versions with several admins at the same time, on both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Integration, SettingsVersion
from rules.settings import DEFAULTS
from services.drafts import (
    DraftChanged,
    StaleDraft,
    discard_draft,
    read_draft,
    replace_draft,
    save_values,
)
from services.find_versions import find_version, find_versions
from services.publish_draft import NotPublishable, publish_draft
from tests.notifications import lost_call

LOST, FAILED = "tasks.lost_incoming.due_minutes", "tasks.failed_outgoing.due_minutes"


def in_session(server, act, *arguments, **named):
    with Session(server.engine) as session:
        return act(session, *arguments, **named)


def draft_of(server):
    return in_session(server, lambda s: read_draft(s, s.get_one(Integration, server.id)))


def save(server, path, value, *, seen=None, author="Anna"):
    return in_session(
        server,
        save_values,
        server.id,
        {path: value},
        seen=seen,
        paths=[path],
        author=author,
        step="tasks",
    )


def publish(server, seen=None, author="Anna"):
    return in_session(server, publish_draft, server.id, seen=seen, author=author)


def versions(server):
    query = select(func.count()).where(SettingsVersion.integration_id == server.id)
    return in_session(server, lambda s: s.execute(query).scalar_one())


def at_once(*acts):
    """What each of them returns or raises, when all begin at the same moment."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        barrier.wait()
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# Two admins save


def test_changes_of_different_steps_are_both_kept(any_server):
    seen = draft_of(any_server)

    results = at_once(
        lambda: save(any_server, LOST, 20, seen=seen.seen([LOST])),
        lambda: save(any_server, FAILED, 30, seen=seen.seen([FAILED])),
    )

    assert not [each for each in results if isinstance(each, Exception)]
    tasks = draft_of(any_server).document["tasks"]
    assert tasks["lost_incoming"]["due_minutes"] == 20
    assert tasks["failed_outgoing"]["due_minutes"] == 30


def test_of_two_changes_of_one_setting_the_second_is_told(any_server):
    seen = draft_of(any_server).seen([LOST])

    results = at_once(
        lambda: save(any_server, LOST, 20, seen=seen, author="Anna"),
        lambda: save(any_server, LOST, 30, seen=seen, author="Ivan"),
    )

    (stale,) = [each for each in results if isinstance(each, StaleDraft)]
    kept = draft_of(any_server)
    assert stale.theirs.author == kept.author
    assert stale.differing == [LOST]
    assert kept.document["tasks"]["lost_incoming"]["due_minutes"] == 50 - stale.mine[LOST]


def test_the_same_change_twice_is_no_conflict(any_server):
    seen = draft_of(any_server).seen([LOST])

    results = at_once(
        lambda: save(any_server, LOST, 20, seen=seen), lambda: save(any_server, LOST, 20, seen=seen)
    )

    assert not [each for each in results if isinstance(each, Exception)]


# Publishing


def test_pressed_twice_it_publishes_once(any_server):
    before = versions(any_server)
    save(any_server, LOST, 20)
    seen = draft_of(any_server).seen_whole

    results = at_once(lambda: publish(any_server, seen), lambda: publish(any_server, seen))

    assert sorted(results, key=str) == [before + 1, None]
    assert versions(any_server) == before + 1
    assert not draft_of(any_server).is_draft


def test_what_was_saved_meanwhile_is_not_published_unseen(any_server):
    save(any_server, LOST, 20)
    seen = draft_of(any_server).seen_whole

    published, saved = at_once(
        lambda: publish(any_server, seen), lambda: save(any_server, FAILED, 30)
    )

    assert not isinstance(saved, Exception)
    assert draft_of(any_server).document["tasks"]["failed_outgoing"]["due_minutes"] == 30
    if isinstance(published, DraftChanged):
        assert versions(any_server) == 1
    else:
        version = in_session(any_server, find_version, any_server.id, published)
        assert version.document["tasks"]["failed_outgoing"]["due_minutes"] == 15


def test_a_changed_draft_is_not_published(any_server):
    save(any_server, LOST, 20)
    seen = draft_of(any_server).seen_whole
    save(any_server, LOST, 25, author="Ivan")

    with pytest.raises(DraftChanged) as changed:
        publish(any_server, seen)

    assert changed.value.current.author == "Ivan"
    assert versions(any_server) == 1


def test_nothing_is_published_without_a_change(any_server):
    assert publish(any_server) is None
    assert versions(any_server) == 1


def test_what_cannot_work_is_not_published(any_server):
    save(any_server, "responsible.incoming_user_id", None)
    save(any_server, "tasks.lost_incoming.assign", "from_settings")

    with pytest.raises(NotPublishable) as refused:
        publish(any_server)

    assert [each.path for each in refused.value.problems] == ["responsible.incoming_user_id"]
    assert versions(any_server) == 1 and draft_of(any_server).is_draft


def test_first_publication_lets_waiting_calls_go(server):
    server.use(publish=False)
    server.notify(*lost_call("1"))
    server.drain()
    assert server.state() == ("waiting", "not_published")

    number = publish(server, draft_of(server).seen_whole, author="Anna")
    server.drain()

    assert number == 1
    assert server.state() == ("written", None)
    version = in_session(server, find_version, server.id, 1)
    assert version.row.author == "Anna" and version.before == DEFAULTS


def test_publishing_leaves_no_trace_of_the_draft(server):
    save(server, LOST, 20)

    publish(server)

    draft = draft_of(server)
    assert (draft.is_draft, draft.author, draft.saved_at) == (False, None, None)


# The whole draft replaced or deleted


def test_a_draft_that_was_not_seen_is_neither_replaced_nor_deleted(any_server):
    seen = draft_of(any_server).seen_whole
    save(any_server, LOST, 20)

    with pytest.raises(DraftChanged):
        in_session(any_server, discard_draft, any_server.id, seen=seen)
    with pytest.raises(DraftChanged):
        in_session(any_server, replace_draft, any_server.id, DEFAULTS, author="Ivan", seen=seen)

    assert draft_of(any_server).document["tasks"]["lost_incoming"]["due_minutes"] == 20


def test_a_discarded_draft_is_what_is_published_again(server):
    before = draft_of(server).document
    save(server, LOST, 20)

    in_session(server, discard_draft, server.id, seen=draft_of(server).seen_whole)

    assert draft_of(server).document == before and not draft_of(server).is_draft


def test_an_older_version_becomes_the_draft(server):
    first = draft_of(server).document
    save(server, LOST, 20)
    publish(server)

    in_session(server, replace_draft, server.id, first, author="Anna")

    assert draft_of(server).is_draft and draft_of(server).document == first


# Versions


def test_versions_come_in_pages_each_with_the_one_before(server):
    for minutes in range(20, 46):
        save(server, LOST, minutes)
        publish(server)

    first = in_session(server, find_versions, server.id)
    last = in_session(server, find_versions, server.id, page=9)

    assert (first.total, first.pages, len(first.versions)) == (27, 2, 25)
    assert [each.row.number for each in last.versions] == [2, 1]
    assert first.versions[0].before == first.versions[1].document
    assert first.versions[-1].before == last.versions[0].document
    assert last.versions[-1].before == DEFAULTS


def test_unknown_version_is_none(server):
    assert in_session(server, find_version, server.id, 9) is None
    assert in_session(server, find_version, server.id, 0) is None
    assert in_session(server, find_version, server.id + 1, 1) is None
