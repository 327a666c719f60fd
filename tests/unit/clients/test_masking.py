from __future__ import annotations

import logging

import pytest

from clients.masking import MAX_MESSAGE, QueryFilter, mask_target, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-1234 is dead", "key *** is dead"),
        ("api_key=abc&x=1", "api_key=***&x=1"),
        ('{"access_token": "abc", "x": 1}', '{"access_token": "***", "x": 1}'),
        ("X-Api-Key: abc", "X-Api-Key: ***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("use Bearer abc", "use Bearer ***"),
        ("phone +12025550143 exists", "phone ***0143 exists"),
        ("id 9007199254740993 unknown", "id 9007199254740993 unknown"),
        ("two\nlines\x00\x1b[31m", "two lines [31m"),
        ("nothing secret", "nothing secret"),
    ],
)
def test_message_is_masked(text, masked):
    assert mask_text(text, ["sk-1234", ""]) == masked


def test_long_message_is_capped():
    assert len(mask_text("x" * 10_000)) == MAX_MESSAGE


def test_secret_at_the_edge_of_the_cap_is_masked():
    text = "x" * (MAX_MESSAGE - 4) + "sk-1234"

    assert "sk" not in mask_text(text, ["sk-1234"])


@pytest.mark.parametrize(
    ("target", "masked"),
    [
        ("/v4/crm/clients?phone=%2B1202&phone=202", "/v4/crm/clients?phone=***&phone=***"),
        ("/v4/crm/clients/c_1", "/v4/crm/clients/c_1"),
        ("/x?flag", "/x?flag=***"),
    ],
)
def test_query_values_are_masked(target, masked):
    assert mask_target(target) == masked


def test_log_record_loses_its_query():
    record = logging.makeLogRecord({"msg": '"%s %s"', "args": ("GET", "/x?api_key=abc", 200)})

    QueryFilter().filter(record)

    assert record.args == ("GET", "/x?***", 200)
