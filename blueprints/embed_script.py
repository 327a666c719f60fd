"""/embed.js put together: words, our colours as a style sheet of its own, the parts in order."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from flask import current_app

from blueprints.embed_words import embed_words

PARTS = ("store", "dock", "cards", "dial", "stream", "sign")
TOKENS = re.compile(r"@layer app \{\s*:root \{(.*?)\}", re.DOTALL)


@cache
def read_style(folder: str) -> str:
    """The dock's style sheet: the tokens of our pages, for the dock alone, and its own rules."""
    static = Path(folder)
    found = TOKENS.search((static / "app.css").read_text(encoding="utf-8"))
    assert found is not None, "app.css has no block of tokens"
    rules = (static / "embed" / "embed.css").read_text(encoding="utf-8")
    return f":host {{{found.group(1)}}}\n{rules}"


@cache
def read_parts(folder: str) -> str:
    texts = (Path(folder) / "embed" / f"{part}.js" for part in PARTS)
    return "\n".join(text.read_text(encoding="utf-8") for text in texts)


def embed_script() -> str:
    """The whole script, which leaves no name on the page."""
    folder = current_app.static_folder
    assert folder is not None
    words, style = json.dumps(embed_words()), json.dumps(read_style(folder))
    return (
        f'(function () {{\n"use strict";\nconst TEXTS = {words};\nconst STYLE = {style};\n'
        f"{read_parts(folder)}\n}})();\n"
    )
