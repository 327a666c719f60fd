"""What every template has to keep: no inline code, known icons, one copy of vendored files."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from blueprints.security import HTMX_INTEGRITY

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SYMBOLS = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons.svg").read_text()))
FORBIDDEN = {
    "inline script": r"<script(?![^>]*\bsrc=)",
    "inline style": r"<style|\sstyle=",
    "inline handler": r"\son[a-z]+=\"",
    "htmx script": r"hx-on|hx-vals=.js:",
    "unescaped text": r"\|\s*safe\b|autoescape false",
}


def named(paths):
    return [pytest.param(path, id=str(path.relative_to(ROOT / "templates"))) for path in paths]


@pytest.mark.parametrize("path", named(TEMPLATES))
@pytest.mark.parametrize("what", FORBIDDEN)
def test_template_has_nothing_inline(path, what):
    assert not re.findall(FORBIDDEN[what], path.read_text())


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_icons_of_a_template_are_in_the_sprite(path):
    assert set(re.findall(r'icon\("([\w-]+)"', path.read_text())) <= SYMBOLS


def test_icons_of_words_are_in_the_sprite():
    from blueprints import demo_calls, words

    tables = (value for value in vars(words).values() if isinstance(value, dict))
    found = {item.icon for table in tables for item in table.values() if hasattr(item, "icon")}
    found |= {call.icon for call in demo_calls.DEMO_CALLS}

    assert found <= SYMBOLS


def test_form_that_changes_something_carries_the_token():
    for path in TEMPLATES:
        text = path.read_text()
        assert text.count('method="post"') == text.count("{{ csrf() }}"), path


def test_own_copy_of_htmx_is_the_one_of_the_cdn():
    content = (ROOT / "static/vendor/htmx.min.js").read_bytes()

    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()

    assert f"sha384-{digest}" == HTMX_INTEGRITY


@pytest.mark.parametrize("name", ["pico", "htmx", "golos-text", "lucide"])
def test_vendored_file_has_its_licence(name):
    assert (ROOT / f"static/vendor/{name}.LICENSE").stat().st_size > 300
