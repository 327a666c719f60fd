"""The rows of one entity are put in place of its old ones; the others stay as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.field_rows import merge_rows, problems_by_row, rows_of
from rules.settings_checks import problems
from rules.vocabulary import Entity

ENTITIES = st.sampled_from(["client", "lead", "deal"])
ROWS = st.lists(ENTITIES, max_size=8).map(
    lambda names: [row(name, f"{place}") for place, name in enumerate(names)]
)


def row(entity: str, target: str, value: str = "{{utm_source}}") -> dict:
    return {"id": f"{entity}{target}", "entity": entity, "target": target, "value": value}


@given(rows=ROWS, count=st.integers(0, 4))
def test_others_keep_their_order_and_mine_stand_together(rows, count):
    mine = [row("lead", f"new{number}") for number in range(count)]

    merged = merge_rows(rows, Entity.LEAD, mine)

    assert merged.rows[merged.start : merged.start + count] == mine
    assert rows_of(merged.rows, Entity.LEAD) == mine
    others = [each for each in rows if each["entity"] != "lead"]
    assert [each for each in merged.rows if each["entity"] != "lead"] == others


@given(rows=ROWS)
def test_putting_the_same_rows_back_joins_them_and_loses_nothing(rows):
    merged = merge_rows(rows, Entity.LEAD, rows_of(rows, Entity.LEAD))

    assert sorted(merged.rows, key=lambda each: each["id"]) == sorted(
        rows, key=lambda each: each["id"]
    )


def test_problems_are_told_by_the_entitys_own_row_numbers():
    others = [row("client", "a"), row("client", "b")]
    mine = [row("lead", "x"), row("lead", "x") | {"id": "2"}, row("lead", "y", "{{nothing}}")]
    merged = merge_rows(others, Entity.LEAD, mine)

    found = problems_by_row(problems({"fields": merged.rows}), merged, len(mine))

    assert {place: [each.path for each in rows] for place, rows in found.items()} == {
        0: ["target"],
        1: ["target"],
        2: ["value"],
    }
    assert found[0][0].values["rows"] == [1, 2]


def test_problems_of_others_are_not_mine():
    merged = merge_rows([row("client", "a", "{{")], Entity.LEAD, [row("lead", "x")])

    assert problems_by_row(problems({"fields": merged.rows}), merged, 1) == {}
