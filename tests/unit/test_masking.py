from __future__ import annotations

import json
import logging
import sys

import pytest

from runtime import logs
from runtime.masking import mask_event, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("POST /hooks/Zx-9_y/manager?a=1", "POST /hooks/***/manager?a=1"),
        ("GET /hooks/Zx-9_y?numa=1", "GET /hooks/***?numa=1"),
        ("GET /recordings/abc.def-1", "GET /recordings/***"),
        ("/v4/crm/account?api_key=k1&limit=2", "/v4/crm/account?api_key=***&limit=2"),
        ('{"access_token": "t1", "id": 5}', '{"access_token": "***", "id": 5}'),
        ("Authorization: Bearer abc.def=", "Authorization: Bearer ***"),
        ("postgresql+psycopg://u:pw@h/d", "postgresql+psycopg://u:***@h/d"),
        ("redis://:pw@h:6379/0", "redis://:***@h:6379/0"),
        ("call from +971501234567", "call from ***4567"),
        ("ended in 1.79161234567 s", "ended in 1.79161234567 s"),
        ("call from 79161234567", "call from ***4567"),
        ("session 700000101 at 1700000000000", "session 700000101 at 1700000000000"),
        ("uuid 8b1c-791612345678", "uuid 8b1c-791612345678"),
    ],
)
def test_text(text, masked):
    assert mask_text(text) == masked


def test_event_is_masked_by_name_and_by_content():
    event = {
        "event": "dialled +79161234567",
        "client_phone": "79161234567",
        "caller": 101,
        "api_key": "k1",
        "payload": {"secret": "s1", "numa": "79161234567", "tries": [1, None]},
        "ms": 12.5,
        "_record": "untouched",
    }

    masked = mask_event(None, "info", event)

    assert masked == {
        "event": "dialled ***4567",
        "client_phone": "*******4567",
        "caller": "101",
        "api_key": "***",
        "payload": {"secret": "***", "numa": "*******4567", "tries": [1, None]},
        "ms": 12.5,
        "_record": "untouched",
    }


@pytest.fixture
def logger():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield logging.getLogger("sample")
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_json_line_has_no_secret_even_in_a_traceback(logger, capsys):
    logs.configure("json", part="web")

    try:
        raise ValueError("no answer from http://h/?api_key=k1")
    except ValueError:
        logger.exception("failed for %s", "+79161234567", extra={"rule": "first-lead"})

    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "failed for ***4567"
    assert (line["part"], line["level"], line["logger"]) == ("web", "error", "sample")
    assert line["rule"] == "first-lead"
    assert "api_key=***" in line["exception"]
    assert "k1" not in line["exception"]


def test_default_form_is_json_where_there_is_no_terminal(logger, capsys):
    assert not sys.stderr.isatty()
    logs.configure(None, part="web")

    logger.info("hello")

    assert json.loads(capsys.readouterr().err)["event"] == "hello"


def test_console_form_is_masked_too(logger, capsys):
    logs.configure("console", part="web")

    logger.warning("GET /hooks/Zx9?a=1")

    assert "/hooks/***?a=1" in capsys.readouterr().err
