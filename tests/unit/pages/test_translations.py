"""Russian for every sentence, plural forms that are right, compiled files that are current."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

ROOT = Path(__file__).parents[3]
LOCALES = ("ru", "en")
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}


def catalogue(locale: str):
    with (ROOT / f"translations/{locale}/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def used_messages() -> set:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    return {message for _path, _line, message, _comments, _context in found}


def test_every_sentence_of_the_pages_is_in_both_catalogues():
    used = used_messages()

    for locale in LOCALES:
        known = {message.id for message in catalogue(locale) if message.id}
        assert used - known == set(), locale
        assert known - used == set(), locale


def test_every_sentence_has_a_russian_translation():
    empty = [
        message.id
        for message in catalogue("ru")
        if message.id
        and not all([message.string] if isinstance(message.id, str) else message.string)
    ]

    assert empty == []


def test_placeholders_survive_translation():
    wrong = [message.id for message in catalogue("ru") if message.id and list(message.check())]

    assert wrong == []


@pytest.mark.parametrize("locale", LOCALES)
def test_compiled_catalogue_is_current(locale):
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(locale))

    stored = (ROOT / f"translations/{locale}/LC_MESSAGES/messages.mo").read_bytes()

    assert stored == compiled.getvalue()


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 звонок"), (2, "2 звонка"), (5, "5 звонков"), (11, "11 звонков"), (21, "21 звонок")],
)
def test_russian_counts_calls_rightly(number, words):
    russian = Translations.load(str(ROOT / "translations"), ["ru"])

    assert russian.ungettext("%(num)d call", "%(num)d calls", number) % {"num": number} == words
