"""The names of the settings: every place of the document has one, in both languages."""

from __future__ import annotations

import pytest

from rules.settings import DEFAULTS
from rules.settings_labels import LABELS, label

ROW = {"id": "f1", "entity": "lead", "target": "t", "value": "v", "overwrite": False}
WHOLE = {
    **DEFAULTS,
    "templates": {
        "client": {"name": "", "comment": ""},
        "lead": {"title": "", "comment": ""},
        "deal": {"title": "", "comment": ""},
        "task": {"text": ""},
    },
    "fields": {"f1": ROW},
    "working_hours": {"1": []},
}


def paths(part, before=""):
    for name, value in part.items():
        yield before + name
        if isinstance(value, dict):
            yield from paths(value, f"{before}{name}.")


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("path", list(paths(WHOLE)))
def test_every_setting_has_a_name(path, locale):
    assert label(path, locale) != path
    assert "{" not in label(path, locale)


def test_both_languages_name_the_same_settings():
    assert list(LABELS["ru"]) == list(LABELS["en"])


@pytest.mark.parametrize(
    ("path", "row", "expected"),
    [
        ("fields.0.target", "", "Additional field 1: Behomes field"),
        ("fields.f7.value", "utm_source", "Additional field utm_source: communication parameter"),
        ("working_hours.2", "", "Working hours: Tuesday"),
        ("working_hours.2.0.1", "", "Working hours: Tuesday"),
        ("ignore.numbers.3", "", "Numbers that create nothing"),
        ("incoming.first.surprise", "", "Incoming: first contacts"),
        ("surprise.inside", "", "surprise.inside"),
    ],
)
def test_places_inside_are_named_after_what_is_around_them(path, row, expected):
    assert label(path, "en", row=row) == expected
