"""The sample notifications are what their names say."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from simulators.callgear.notices import NAMES, TEMPLATES
from simulators.callgear.shapes import GROUPS

FOLDER = Path(__file__).parent.parent / "payloads" / "callgear"
CALLS = sorted(FOLDER.glob("*/*.flat.json"))
SHAPES = sorted(path for path in FOLDER.glob("*.*") if path.name.split(".")[0] in NAMES)


def named(path):
    return path.relative_to(FOLDER).as_posix()


def flat(document):
    """The members of a nested body, in one level."""
    members = {name: value for name, value in document.items() if name not in GROUPS}
    for group in GROUPS:
        members.update(document.get(group, {}))
    return members


@pytest.mark.parametrize("path", CALLS, ids=named)
def test_flat_bodies_have_the_published_members(path):
    document = json.loads(path.read_text())
    event = path.name.split("-")[1].split(".")[0]

    assert document["event"] == event
    assert document["call_session_id"] == int(path.parent.name)
    assert list(document)[1:] == list(TEMPLATES[event])


@pytest.mark.parametrize("path", [path for path in SHAPES if path.suffix == ".json"], ids=named)
def test_json_shapes_can_be_read(path):
    event, shape, _ = path.name.split(".")
    document = json.loads(path.read_text())

    assert document.get("event") == (None if "no_event" in shape else event)
    assert flat(document)["notification_time"]


@pytest.mark.parametrize(
    "path",
    [path for path in SHAPES if path.suffix == ".txt" and "quoted" not in path.name],
    ids=named,
)
def test_pairs_can_be_read(path):
    pairs = parse_qs(path.read_text(), strict_parsing=True, keep_blank_values=True)

    assert pairs["event"] == [path.name.split(".")[0]]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.quoted.txt")), ids=named)
def test_quoted_bodies_need_repair(path):
    text = path.read_text()

    with pytest.raises(ValueError, match="delimiter"):
        json.loads(text)
    assert json.loads(text.replace('""', '"'))["event"] == path.name.split(".")[0]


@pytest.mark.parametrize("event", NAMES)
def test_every_event_has_every_shape(event):
    shapes = {path.name.split(".")[1] for path in SHAPES if path.name.split(".")[0] == event}

    assert shapes >= {"nested", "form", "query", "quoted", "unresolved", "numbers_as_text"}
