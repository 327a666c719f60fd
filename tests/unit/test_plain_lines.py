"""A record is a line, whatever others have written into it: in both forms of the log."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from structlog.contextvars import bound_contextvars

from runtime import logs
from runtime.plain_lines import BAR, STEERING

FORGED = '{"level": "info", "event": "somebody logged in"}'
HOSTILE = {
    "line feed": f"a\n{FORGED}",
    "carriage return": f"a\r{FORGED}",
    "both": f"a\r\n{FORGED}",
    "vertical tab": f"a\x0b{FORGED}",
    "form feed": f"a\x0c{FORGED}",
    "file separators": f"a\x1c{FORGED}\x1d\x1e",
    "next line": f"a\x85{FORGED}",
    "line separator": f"a\u2028{FORGED}",
    "paragraph separator": f"a\u2029{FORGED}",
    "escape": "a\x1b[2J\x1b[1;31mred\x1b]0;title\x07",
    "escape of Latin-1": "a\x9b2J\x9d0;title\x9c",
    "backspace": "a\x08\x08\x08b\x7f",
    "NUL": "a\0b",
    "direction": "a\u202egnol\u2066b\u200f",
    "half of a pair": "a\ud800b",
}


def written(form, *, event, **extra):
    """What a handler of this form writes for one record."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs._formatter(is_console=form == "console", part="test"))
    logger = logging.Logger("of.a.library")
    logger.addHandler(handler)
    logger.warning(*event, **extra)
    assert stream.getvalue().endswith("\n")
    return stream.getvalue()[:-1]


@pytest.fixture(params=["console", "json"])
def form(request):
    return request.param


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_record_stays_one_line_of_plain_signs(form, text):
    with bound_contextvars(call=text):
        lines = [
            written(form, event=(text,)),
            written(form, event=("refused: %s", text)),
            written(form, event=("refused: %(a)s", {"a": text})),
            written(form, event=("refused",), extra={"agent": text, "members": {"a": [text]}}),
        ]

    for line in lines:
        assert len(line.splitlines()) == 1
        assert STEERING.search(line) is None
    if form == "json":
        told = json.loads(lines[0])
        assert told["event"] == told["call"] == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_error_of_others_cannot_be_taken_for_a_line_of_ours(form, text):
    try:
        raise ValueError(text)
    except ValueError:
        line = written(form, event=("failed",), exc_info=sys.exc_info())

    first, *below = line.split("\n")
    assert STEERING.search(first) is None
    assert all(each.startswith(BAR) for each in below)
    assert STEERING.search("".join(below)) is None
    if form == "json":
        assert below == []
        assert "ValueError" in json.loads(first)["exception"]
    else:
        assert any("ValueError" in each for each in below)


def test_plain_texts_are_left_alone(form):
    assert "Карина Орлова, O’Neil – 100 %" in written(
        form, event=("Карина Орлова, O’Neil – 100 %",)
    )
