"""Cells of a CSV file that a spreadsheet shows as text, whatever somebody has typed into them.

A spreadsheet takes a cell for a formula that begins with one of a few signs, after spaces too. Such
a cell gets an apostrophe before it, which spreadsheets read as "this is text". Phones begin with a
plus as well; they are written `(+971) 50 123 4567`, which needs no apostrophe.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable

FORMULA = "=+-@|%"
WIDE = "＝＋－＠"
QUOTES = "'\"`"
LONGEST = 2000
BOM = "\ufeff"


def cell(value: object) -> str:
    """A value as the text of a cell: whole numbers as they are, nothing that is a formula."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        return guarded(str(value))
    return str(value)


def guarded(text: str) -> str:
    """One line without control signs; an apostrophe before what could be a formula."""
    plain = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text)
    plain = plain[:LONGEST]
    begin = plain.lstrip(QUOTES + _blanks(plain))
    is_formula = begin[:1] in (*FORMULA, *WIDE) and begin != ""
    has_control = unicodedata.category(text[0]) == "Cc" if text else False
    return f"'{plain}" if is_formula or (has_control and begin) else plain.strip()


def phone_cell(pretty: str) -> str:
    """`+971 50 123 4567` as `(+971) 50 123 4567`; digits without a plus stay."""
    code, space, rest = pretty.partition(" ")
    if code[:1] == "+" and code[1:].isdigit() and code.isascii():
        return f"({code}){space}{rest}" if set(rest) <= set("0123456789 -()") else guarded(pretty)
    return guarded(pretty)


def csv_line(cells: Iterable[str], delimiter: str) -> str:
    """One line of the file; every cell in quotes, so that no sign of it divides."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()


def _blanks(text: str) -> str:
    """The signs of this text that nobody sees at its begin."""
    return "".join({sign for sign in text if sign.isspace() or unicodedata.category(sign) == "Cf"})
