"""One sentence of what will happen, for the card beside a step."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Line:
    """`tone` warn is a gap in the rules; then `action` and `href` lead to where it is closed.
    `place` (`incoming.first`) puts it at the foot of that card instead."""

    text: Markup | str
    tone: str = ""
    action: str = ""
    href: str = ""
    place: str = ""


def strong(word: object) -> Markup:
    """A chosen word, to be put into a sentence by `fill`."""
    return Markup("<b>%s</b>") % word


def fill(sentence: object, **words: object) -> Markup:
    """A translated sentence with its words put in; everything is escaped but `strong` itself."""
    return escape(str(sentence)) % words
