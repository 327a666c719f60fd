"""The bodies that pages offer are those of the set-up guide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clients.callgear_templates import TEMPLATES

GUIDE = (Path(__file__).parents[2] / "docs" / "callgear-setup.md").read_text(encoding="utf-8")


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: str(each.kind))
def test_body_stands_in_the_guide(template):
    blocks = [bare(block) for block in re.findall(r"```\n(\{.*?)```", GUIDE, re.DOTALL)]

    assert bare(template.body("SECRET")) in blocks
    assert f"{template.name}: {template.type_en}" in GUIDE


def test_there_are_eight():
    assert len({template.kind for template in TEMPLATES}) == len(TEMPLATES) == 8
