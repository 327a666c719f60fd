from __future__ import annotations

import pytest

from rules.facts import Recording
from tests.unit.rules.calls import (
    ROW,
    event,
    finished,
    folded,
    lost,
    outgoing,
    ringing,
    talk,
)


@pytest.mark.parametrize(
    ("events", "row", "expected"),
    [
        pytest.param(
            [
                event("record_ready", 70, file_link="b", file_duration=9),
                event("record_ready", 60, file_link="a", file_duration=12),
            ],
            ROW,
            (Recording("a", 12), Recording("b", 9)),
            id="as-they-became-ready",
        ),
        pytest.param(
            [
                event("record_ready", 60, file_link="a", file_duration=12),
                event("record_ready", 70, file_link="a"),
            ],
            None,
            (Recording("a", 12),),
            id="told-twice",
        ),
        pytest.param(
            [finished(9, record_file_links=["a", "b"], full_record_file_link="c")],
            None,
            (Recording("a"), Recording("b")),
            id="list-at-the-end",
        ),
        pytest.param(
            [finished(9, full_record_file_link="c")], None, (Recording("c"),), id="whole-call"
        ),
        pytest.param(
            [finished(9)], ROW, (Recording("https://media.example.com/1"),), id="report-only"
        ),
        pytest.param([finished(9)], None, (), id="none"),
    ],
)
def test_recordings(events, row, expected):
    assert folded(*events, report=row).recordings == expected


def test_tags_add_up():
    events = [finished(9, tag_names=["a", "b"]), event("tag_set", 60, tag_names=["b", "c"])]

    assert folded(*events, report=ROW).tags == ("a", "b", "c", "vip")


def test_who_rang_in_the_order_of_ringing():
    events = [ringing("102", 1), ringing("101", 2), lost(31, employee_ids=["101", "103"])]

    assert folded(*events).rung == ("102", "101", "103")


@pytest.mark.parametrize(
    ("events", "name"),
    [
        pytest.param([ringing("101", 1, employee_full_name="One")], "One", id="ringing"),
        pytest.param([ringing("101", 1, employee_full_name="One"), lost(31)], None, id="only-rang"),
        pytest.param(
            [
                *talk("101", 1, 5, employee_full_name="One"),
                *talk("102", 7, 5, employee_full_name="Two"),
                finished(13),
                event("record_ready", 60, employee_id="101", employee_full_name="One"),
            ],
            "Two",
            id="last-talker-not-the-last-word",
        ),
        pytest.param([outgoing("102", employee_full_name="Two"), finished(30)], "Two", id="caller"),
        pytest.param(
            [finished(9, employee_full_name="One", is_lost=True)], "One", id="named-by-the-end"
        ),
    ],
)
def test_name_of_the_employee(events, name):
    assert folded(*events).employee_name == name
