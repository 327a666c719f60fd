"""The call in the CRM's history: its recordings, and what is known only later."""

from __future__ import annotations

from tests.integration.drained import row
from tests.notifications import (
    answered_call,
    event,
    hung_up,
    record,
    talking,
)


def test_recording_follows_the_log_by_patch_with_the_full_list(any_server):
    any_server.use(settings={"fields": [row("lead", "recording_link", "{{recording_url}}")]})
    any_server.notify(*answered_call())
    any_server.drain()
    assert any_server.state() == ("written", None)
    assert any_server.left() == 0

    any_server.notify(record(name="a"))
    any_server.drain()
    any_server.notify(record(name="b"))
    any_server.drain()

    (call,), (lead,) = any_server.written("calls"), any_server.written("leads")
    urls = [each["url"] for each in call["recordings"]]
    assert len(any_server.requests("put_call")) == 1
    assert len(any_server.requests("patch_call")) == 2
    assert len(set(urls)) == 2
    assert all(url.startswith("http://127.0.0.1:8000/recordings/") for url in urls)
    assert call["revision"] == 3
    assert lead["custom_fields"]["recording_link"] in urls
    assert any_server.state() == ("written", None)


def test_recording_that_comes_before_the_end_goes_with_the_log(server):
    server.notify(*talking(), record(), *hung_up())

    server.drain()

    (call,) = server.written("calls")
    assert len(call["recordings"]) == 1
    assert server.requests("patch_call") == []


def test_patch_of_a_recording_is_sent_again_after_an_error(server):
    server.notify(*answered_call())
    server.drain()
    server.fault("error_500_after", "patch_call", count=1)
    server.notify(record())

    server.settle()

    (call,) = server.written("calls")
    assert len(call["recordings"]) == 1
    assert server.state() == ("written", None)


def test_recording_that_went_with_a_later_log_leaves_nothing_to_do(server):
    server.notify(*answered_call())
    server.drain()
    server.fault("error_500_before", "patch_call", count=1)
    server.notify(record())
    server.drain()
    server.notify(event("tag_set", "1", 300, tag_names=["VIP"]))

    server.drain()

    (call,) = server.written("calls")
    assert len(call["recordings"]) == 1
    assert server.state() == ("written", None)
    assert server.left() == 0


def test_log_that_was_lost_is_put_again_once(any_server):
    any_server.configure(idempotency="off")
    any_server.fault("error_500_after", "put_call", count=2)
    any_server.notify(*answered_call())

    any_server.settle()

    assert any_server.audit()["calls"] == 1
    assert any_server.state() == ("written", None)


def test_late_facts_are_logged_with_a_higher_revision(server):
    server.notify(*answered_call())
    server.drain()

    server.notify(event("tag_set", "1", 300, tag_names=["VIP"]))
    server.drain()

    (call,) = server.written("calls")
    assert (call["source"]["tags"], call["revision"]) == (["VIP"], 2)
