"""The colours of app.css: the contrasts that the design promises, and no raw colour elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[3] / "static"
RAW_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch)\(")
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\)")
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in PAIR.findall((STATIC / "app.css").read_text())
}
GROUNDS = ("bg", "surface", "sunken", "accent-tint")
STATES = ("ok", "warn", "error", "info")


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str, theme: str) -> float:
    lighter, darker = sorted(
        (luminance(TOKENS[name][theme]) for name in (first, second)), reverse=True
    )
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [("text", 13.2, 10.3), ("muted", 5.2, 5.6), ("accent", 5.8, 6.0), ("edge", 3.3, 3.4)],
)
def test_contrast_on_the_grounds(colour, light, dark, ground):
    assert round(contrast(colour, ground, "light"), 1) >= light
    assert round(contrast(colour, ground, "dark"), 1) >= dark


@pytest.mark.parametrize("state", STATES)
def test_contrast_of_a_state_on_its_tint(state):
    assert round(contrast(state, f"{state}-tint", "light"), 1) >= 5.6
    assert round(contrast(state, f"{state}-tint", "dark"), 1) >= 6.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_text_is_readable_on_every_tint(state, theme):
    assert contrast("text", f"{state}-tint", theme) >= 7


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["accent", "accent-hover"])
def test_contrast_of_a_filled_button(ground, theme):
    assert contrast("on-accent", ground, theme) >= 4.5


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_no_raw_colour_outside_the_token_block(path):
    assert not RAW_COLOUR.findall(path.read_text())


def test_layers_keep_pico_below_our_own_rules():
    sheet = (STATIC / "app.css").read_text()

    assert sheet.startswith("@layer pico, app;")
    assert '@import url("vendor/pico.min.css") layer(pico);' in sheet
    assert all("layer(app);" in line for line in sheet.splitlines() if 'url("css/' in line)
