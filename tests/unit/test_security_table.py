"""The table of docs/security.md is complete, and its evidence exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/security.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| ([a-z ]+) \| (.+) \|$", TEXT, re.M)
# Items of levels 1 and 2 of ASVS 5.0.0 by chapter, without V10 and V17.
LEVELS = {
    "1": {1: 8, 2: 4, 3: 8, 4: 2, 5: 4, 6: 13, 7: 6, 8: 4, 9: 4, 11: 3, 12: 3, 13: 1, 14: 2, 15: 3},
    "2": {
        **{1: 19, 2: 7, 3: 11, 4: 8, 5: 5, 6: 22, 7: 12, 8: 3, 9: 3},
        **{11: 11, 12: 6, 13: 12, 14: 7, 15: 10, 16: 16},
    },
}


def test_every_item_stands_there_once():
    found = Counter((level, int(item.partition(".")[0])) for item, level, *_ in ROWS)
    expected = {
        (level, chapter): n for level, all_ in LEVELS.items() for chapter, n in all_.items()
    }

    assert len({item for item, *_ in ROWS}) == len(ROWS)
    assert dict(found) == expected


def test_states_are_those_that_are_explained():
    explained = set(re.findall(r"^\| (met|operator|not used|deviation) \|", TEXT, re.M))

    assert {state for _i, _l, _t, state, _e in ROWS} <= explained


def test_level_1_is_met_but_for_what_is_said():
    lacking = {item for item, level, _t, state, _e in ROWS if (level, state) == ("1", "deviation")}

    assert lacking == {"14.2.1"}


def test_evidence_is_there():
    named = {
        name for *_, told in ROWS for name in re.findall(r"`([\w./-]+/[\w./-]+|\w+\.toml)`", told)
    }
    files = {name for name in named if not name.startswith("/")}

    assert len(files) > 60
    assert sorted(name for name in files if not (ROOT / name).exists()) == []


def test_links_lead_to_sections():
    headings = {
        re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-")
        for each in re.findall(r"^## (.+)$", TEXT, re.M)
    }

    assert set(re.findall(r"\(#([\w-]+)\)", TEXT)) <= headings
