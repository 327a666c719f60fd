"""What a template makes of one call, piece by piece, so that a page can show what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.formats import Regional, Value
from rules.standard_templates import standard_template
from rules.templates import (
    InvalidTemplate,
    Placeholder,
    Template,
    TemplateError,
    parse,
    render,
    variables_of,
)
from rules.variables import VARIABLES, Known, Variable
from rules.vocabulary import Entity

# Behomes publishes no limits (docs/behomes.md 3): what neighbouring CRMs take. Advice, no error.
LIMITS: Mapping[str, int] = MappingProxyType(
    {"name": 255, "title": 255, "comment": 4000, "text": 4000}
)


@dataclass(frozen=True)
class Piece:
    """Plain text, or what stands in the place of `variable`."""

    text: str
    variable: Variable | None = None

    @property
    def is_missing(self) -> bool:
        return self.variable is not None and not self.text.strip()


@dataclass(frozen=True)
class TextPreview:
    """`is_standard_instead`: the admin's text came out empty, so the standard one is sent.
    `late` are variables that are known only after the create. With errors there are no pieces."""

    field: str
    pieces: tuple[Piece, ...]
    limit: int
    is_standard_instead: bool = False
    late: tuple[Variable, ...] = ()
    errors: tuple[TemplateError, ...] = ()

    @property
    def text(self) -> str:
        """What is sent to the CRM: the same as `rules.bodies.texts` makes."""
        return "".join(piece.text for piece in self.pieces).strip()

    @property
    def length(self) -> int:
        return len(self.text)

    @property
    def is_too_long(self) -> bool:
        return self.length > self.limit


def preview(
    entity: Entity,
    field: str,
    own: str | None,
    values: Mapping[str, Value],
    regional: Regional,
) -> TextPreview:
    """Render one field; `own` is the admin's text, None for the standard template."""
    limit = LIMITS[field]
    standard = standard_template(entity, field, locale=regional.locale, values=values)
    if own is None:
        return TextPreview(field, pieces(standard, values, regional), limit)
    try:
        template = parse(own)
    except InvalidTemplate as error:
        return TextPreview(field, (), limit, errors=error.errors)
    found = pieces(template, values, regional)
    is_empty = not "".join(piece.text for piece in found).strip() and field != "comment"
    if is_empty:
        found = pieces(standard, values, regional)
    late = tuple(each for each in variables_of(template) if each.known is not Known.START)
    return TextPreview(field, found, limit, is_empty, late)


def pieces(
    template: Template, values: Mapping[str, Value], regional: Regional
) -> tuple[Piece, ...]:
    return tuple(
        Piece(
            render(Template((part,)), values, regional),
            VARIABLES[part.variable] if isinstance(part, Placeholder) else None,
        )
        for part in template.parts
    )
