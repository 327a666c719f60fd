"""Fill `{{variable|filter}}` in an admin's text: parsed first, filled after, never parsed again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rules.formats import FILTERS, Regional, Value, as_text
from rules.nearest import nearest
from rules.variables import ALIASES, VARIABLES, Variable, find_variable

_TEXT_ARGUMENT = "default"
_FILTER_NAMES = (*FILTERS, _TEXT_ARGUMENT)
# Looking for the name that was meant takes milliseconds; after so many errors none is looked for.
SUGGESTED = 20

# Quoted text may hold any sign, also braces and bars; outside quotes "{{" cannot stand inside.
_QUOTED = r'"(?:\\.|[^"\\])*"'
_PLACEHOLDER = re.compile(r"\{\{((?:" + _QUOTED + r'|[^"{]|\{(?!\{))*?)\}\}', re.DOTALL)
_SEGMENT = re.compile(r"((?:" + _QUOTED + r"|[^|])*)(?:\||$)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`variable` is its one name, also if the admin wrote an alias."""

    variable: str
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Placeholder, ...]


@dataclass(frozen=True, slots=True)
class TemplateError:
    """What is wrong at `position`, counted in characters from 1.

    Codes: `unclosed`, `empty_placeholder`, `unknown_variable`, `unknown_filter`, `bad_argument`
    (`default` wants a text in quotes, the others want nothing).
    """

    code: str
    position: int
    word: str = ""
    nearest: str | None = None


class InvalidTemplate(ValueError):
    """A template with errors: all of them, in the order of the text."""

    def __init__(self, errors: tuple[TemplateError, ...]):
        super().__init__(", ".join(f"{error.code} at {error.position}" for error in errors))
        self.errors = errors


@lru_cache(maxsize=1024)
def parse(text: str) -> Template:
    """Read a template. Raises InvalidTemplate with every error. Pure, cached."""
    parts, errors = _read(text)
    if errors:
        raise InvalidTemplate(tuple(errors))
    return Template(tuple(parts))


def errors_of(text: str, *, suggested: int = SUGGESTED) -> tuple[TemplateError, ...]:
    """All errors of a template, empty if it may be saved; the first `suggested` ones with the name
    that was most likely meant."""
    return tuple(_read(text, suggested)[1])


def variables_of(template: Template) -> tuple[Variable, ...]:
    """The variables that a template needs, each once, in the order of the text."""
    names = [part.variable for part in template.parts if isinstance(part, Placeholder)]
    return tuple(VARIABLES[name] for name in dict.fromkeys(names))


def render(template: Template, values: Mapping[str, Value], regional: Regional) -> str:
    """Fill a template; a variable without a value is empty. A value is inserted as it is."""
    return "".join(
        part if isinstance(part, str) else _filled(part, values.get(part.variable), regional)
        for part in template.parts
    )


def _filled(placeholder: Placeholder, value: Value, regional: Regional) -> str:
    for each in placeholder.filters:
        if each.name == _TEXT_ARGUMENT:
            value = value if as_text(value, regional).strip() else each.argument
        else:
            value = FILTERS[each.name](value, regional)
    return as_text(value, regional)


def _read(
    text: str, suggested: int = SUGGESTED
) -> tuple[list[str | Placeholder], list[TemplateError]]:
    parts: list[str | Placeholder] = []
    errors: list[TemplateError] = []
    position = 0
    while (opening := text.find("{{", position)) >= 0:
        if opening > position:
            parts.append(text[position:opening])
        match = _PLACEHOLDER.match(text, opening)
        if match is None:
            errors.append(TemplateError("unclosed", opening + 1))
            position = opening + 2
            continue
        parts.append(_placeholder(match, errors, suggested))
        position = match.end()
    if position < len(text):
        parts.append(text[position:])
    return parts, errors


def _placeholder(match: re.Match[str], errors: list[TemplateError], suggested: int) -> Placeholder:
    """Read what stands between the braces; what is wrong goes into `errors`."""
    inside, start = match[1], match.start(1)
    segments = [
        (start + found.start(), found[1])
        for found in _SEGMENT.finditer(inside)
        if found.start() < len(inside) or inside.endswith("|")
    ]
    (at, name), *rest = segments or [(start, "")]
    variable = find_variable(name.strip())
    if variable is None:
        errors.append(_unknown_variable(name, at, suggests=len(errors) < suggested))
    filters = [_filter(segment, at, errors, suggested) for at, segment in rest]
    return Placeholder(variable.name if variable else "", tuple(filters))


def _unknown_variable(name: str, at: int, *, suggests: bool) -> TemplateError:
    word = name.strip()
    if not word:
        return TemplateError("empty_placeholder", at + 1)
    near = nearest(word, (*VARIABLES, *ALIASES)) if suggests else None
    return TemplateError("unknown_variable", _position(name, at), word, near)


def _filter(segment: str, at: int, errors: list[TemplateError], suggested: int) -> Filter:
    name, colon, argument = segment.partition(":")
    word, quoted = name.strip(), argument.strip()
    if word not in _FILTER_NAMES:
        near = nearest(word, _FILTER_NAMES) if len(errors) < suggested else None
        errors.append(TemplateError("unknown_filter", _position(segment, at), word, near))
    elif not _takes(word, bool(colon), quoted):
        errors.append(TemplateError("bad_argument", _position(segment, at), word))
    return Filter(word, _ESCAPED.sub(r"\1", quoted[1:-1]))


def _takes(name: str, has_argument: bool, quoted: str) -> bool:
    if name != _TEXT_ARGUMENT:
        return not has_argument
    return re.fullmatch(_QUOTED, quoted, re.DOTALL) is not None


def _position(text: str, at: int) -> int:
    return at + len(text) - len(text.lstrip()) + 1
