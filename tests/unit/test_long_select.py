"""A long select is rendered as WTForms would, only faster."""

from __future__ import annotations

import re

import pytest
from wtforms import Form, SelectField
from wtforms.fields import SelectChoice
from wtforms.widgets import Select

from forms.long_select import LongSelectWidget

CHOICES = [SelectChoice("AE", "ОАЭ"), SelectChoice("x", "<b>&\"'"), SelectChoice("SA", "KSA")]


class Both(Form):
    ours = SelectField("Ours", choices=CHOICES, widget=LongSelectWidget())
    theirs = SelectField("Theirs", choices=CHOICES, widget=Select())


def options(html: str) -> list[tuple[str, bool, str]]:
    found = re.findall(r"<option([^>]*)>(.*?)</option>", html)
    return [(re.search(r'value="([^"]*)"', a)[1], "selected" in a, text) for a, text in found]


@pytest.mark.parametrize("chosen", ["AE", "SA", "x", "gone", None])
def test_options_are_the_same(chosen):
    form = Both(ours=chosen, theirs=chosen)

    assert options(form.ours()) == options(form.theirs())


def test_attributes_are_kept_and_hostile_text_stays_text():
    html = Both(ours="AE").ours(**{"aria-describedby": "hint", "data-searchable": '"><script>'})

    assert 'id="ours"' in html
    assert 'name="ours"' in html
    assert 'aria-describedby="hint"' in html
    assert "<script>" not in html
    assert "<b>" not in html
