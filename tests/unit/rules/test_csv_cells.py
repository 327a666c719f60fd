"""Nothing that somebody has typed becomes a formula; phones stay readable."""

from __future__ import annotations

import csv
import io

import pytest

from rules.csv_cells import cell, csv_line, guarded, phone_cell

SIGNS = "=+-@|%＝＋－＠"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "\ufeff", "\u200b", '"', "'", ' " '])
def test_what_could_be_a_formula_is_text(sign, before):
    assert guarded(f"{before}{sign}1+cmd|'/C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "\tAnna", "\rAnna", "\x00Anna"])
def test_control_signs_at_the_begin(text):
    told = guarded(text)

    assert told.startswith("'")
    assert not set(told) & set("\t\r\n\x00")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Анна Ким", "Анна Ким"),
        ("a=b", "a=b"),
        ("", ""),
        ("two\nlines", "two lines"),
        ('say "yes"; no, =1', 'say "yes"; no, =1'),
        ("   ", ""),
    ],
)
def test_other_text_stays(text, told):
    assert guarded(text) == told


def test_numbers_and_nothing():
    assert [cell(5), cell(-5), cell(None), cell("-5")] == ["5", "-5", "", "'-5"]


@pytest.mark.parametrize(
    ("pretty", "told"),
    [
        ("+971 50 123 4567", "(+971) 50 123 4567"),
        ("+1 202-555-0143", "(+1) 202-555-0143"),
        ("12345678", "12345678"),
        ("+971", "(+971)"),
        ("+971 =1", "'+971 =1"),
        ("=1", "'=1"),
        ("", ""),
    ],
)
def test_phone_is_readable_and_no_formula(pretty, told):
    assert phone_cell(pretty) == told


@pytest.mark.parametrize("delimiter", [";", ","])
def test_line_is_read_back_as_it_was(delimiter):
    cells = ['a;b,c"d', "", "'=1"]

    (read,) = csv.reader(io.StringIO(csv_line(cells, delimiter)), delimiter=delimiter)

    assert read == cells
