from __future__ import annotations

import pytest

from rules.settings import DEFAULTS, Settings, dump
from rules.settings_rest import usable

ROW = {"id": "f1", "entity": "lead", "target": "utm", "value": "{{utm_source}}", "overwrite": False}


def test_a_sound_document_is_used_as_it_stands():
    document = {
        **DEFAULTS,
        "templates": {**DEFAULTS["templates"], "lead": {"title": "A {{direction}}"}},
    }

    settings = usable({**document, "fields": [ROW]})

    assert settings.templates.lead.title == "A {{direction}}"
    assert dump(settings)["fields"] == [ROW]


def test_a_broken_template_gives_way_to_the_standard_one():
    settings = usable({"templates": {"lead": {"title": "{{nobody}}", "comment": "kept"}}})

    assert settings.templates.lead.title is None
    assert settings.templates.lead.comment == "kept"


def test_a_row_with_a_broken_value_goes():
    broken = {**ROW, "id": "f2", "value": "{{open"}

    assert [row.id for row in usable({"fields": [ROW, broken]}).fields] == ["f1"]


@pytest.mark.parametrize("document", [None, [], "text", {"incoming": 7}, {"schema": 2}])
def test_nonsense_leaves_the_defaults(document):
    assert usable(document) == Settings()
