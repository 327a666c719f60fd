"""Periodic work for many offices: those whose other side hangs hold up nobody."""

from __future__ import annotations

import threading

import pytest

from jobs import upkeep
from jobs.aside import Aside
from services.side_by_side import THREADS, side_by_side


def test_results_come_in_the_order_of_the_items(server):
    assert side_by_side(lambda n: n * 2, list(range(40)), server.ports) == list(range(0, 80, 2))
    assert side_by_side(str, [], server.ports) == []


def test_others_are_done_while_some_hang(server):
    others_are_done, left = threading.Event(), set(range(40)) - {0, 1}

    def work(number):
        if number in (0, 1):
            assert others_are_done.wait(timeout=20)
            return
        left.discard(number)
        if not left:
            others_are_done.set()

    side_by_side(work, list(range(40)), server.ports)

    assert THREADS > 2 and left == set()


def test_what_fails_for_one_is_told_after_all_are_done(server):
    done = []

    def work(number):
        if number == 3:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError):
        side_by_side(work, list(range(40)), server.ports)

    assert len(done) == 39


def test_nothing_that_asks_others_holds_up_the_sweep():
    """Tasks that wait for a CRM or the PBX have a thread of their own."""
    asking = {"probe accounts", "read reports", "refresh lists", "refresh clients"}
    asking |= {"read statuses", "write address books", "compare with reports"}

    beside = {name for name, _, task in upkeep.TASKS if isinstance(task, Aside)}

    assert asking <= beside
