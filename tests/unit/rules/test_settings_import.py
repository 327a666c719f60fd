"""Documents that somebody brings: what is taken, and everything that is wrong at once."""

from __future__ import annotations

import json
from time import process_time

import pytest

from rules.settings import DEFAULTS
from rules.settings_import import MAX_BYTES, read_import
from rules.settings_words import sentence


def codes(content):
    read = read_import(content if isinstance(content, bytes) else json.dumps(content).encode())
    assert read.document is None
    return [(each.path, each.code) for each in read.problems]


def test_what_was_exported_is_read():
    assert read_import(json.dumps(DEFAULTS).encode()).document == DEFAULTS


def test_byte_order_mark_does_not_matter():
    assert read_import("\ufeff{}".encode()).document == {}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "nothing_given", id="empty"),
        pytest.param(b" \n", "nothing_given", id="blank"),
        pytest.param(b"\xff\xfe{}", "not_text", id="other-encoding"),
        pytest.param(b"{,}", "not_json_at", id="broken"),
        pytest.param(b"[" * 100_000, "not_json", id="endless-nesting"),
        pytest.param(b"1" * 5000, "not_json", id="endless-number"),
        pytest.param(b" " * MAX_BYTES + b"{}", "too_big", id="too-big"),
        pytest.param(b"[]", "wrong_type", id="a-list"),
    ],
)
def test_what_is_no_document_is_refused_as_a_whole(content, code):
    assert codes(content) == [("", code)]


def test_everything_that_is_wrong_is_told_at_once():
    document = {
        "schema": 2,
        "surprise": 1,
        "incoming": {"first": {"create": "house"}},
        "tasks": {"lost_incoming": {"due_minutes": 0}},
        "templates": {"lead": {"title": "{{contact_fone}}"}},
        "fields": [{"entity": "task", "target": "a", "value": "x"}],
    }

    assert sorted(codes(document)) == [
        ("fields.0.entity", "not_one_of"),
        ("incoming.first.create", "not_one_of"),
        ("schema", "not_one_of"),
        ("surprise", "unknown_member"),
        ("tasks.lost_incoming.due_minutes", "too_small"),
        ("templates.lead.title", "unknown_variable"),
    ]


def test_what_is_missing_elsewhere_does_not_keep_it_from_being_a_draft():
    document = {"tasks": {"lost_incoming": {"assign": "from_settings"}}}

    assert read_import(json.dumps(document).encode()).document == document


ROW = {"entity": "lead", "overwrite": False}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        pytest.param({f"member{n}": 1 for n in range(20_000)}, 20_000, id="members"),
        pytest.param({"ignore": {"numbers": ["x"] * 40_000}}, 40_000, id="numbers"),
        pytest.param(
            {
                "fields": [
                    ROW | {"id": f"f{n}", "target": f"t{n}", "value": "{{utm_sorce}}" * 300}
                    for n in range(90)
                ]
            },
            27_000,
            id="variables",
        ),
    ],
)
def test_document_full_of_errors_is_read_in_seconds(document, found):
    began = process_time()

    assert len(codes(document)) == found
    assert process_time() - began < 10


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b" " * MAX_BYTES + b"{}"])
def test_every_refusal_has_a_sentence(content, locale):
    (problem,) = read_import(content).problems

    told = sentence(problem, locale)
    assert told != problem.code and "{" not in told
