"""What may be concluded from what the CRM shows under our reference."""

from __future__ import annotations

import pytest

from rules.crm_audit import Card, Found, judge_found, judge_missing


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        pytest.param(["l_1"], Found.PRESENT, id="one"),
        pytest.param(["l_1", "l_1"], Found.PRESENT, id="one-on-two-pages"),
        pytest.param(["l_10", "l_9"], Found.DOUBLED, id="two"),
    ],
)
def test_search_alone(ids, found):
    assert judge_found(ids).found is found


def test_ids_are_named_in_their_order():
    assert judge_found(["l_10", "l_9", "l_9"]).ids == ("l_9", "l_10")


def test_nothing_found_proves_nothing_yet():
    assert judge_found([]) is None


@pytest.mark.parametrize(
    ("card", "found"),
    [
        pytest.param(Card.NAMES_IT, Found.PRESENT, id="the-search-does-not-show-it"),
        pytest.param(Card.DELETED, Found.GONE, id="deleted-by-people"),
        pytest.param(Card.SILENT, Found.LOST, id="client-without-it"),
        pytest.param(Card.UNKNOWN, Found.LOST, id="no-such-client"),
    ],
)
def test_only_a_told_deletion_is_no_alarm(card, found):
    assert judge_missing(card).found is found
