"""Forms that edit places of the settings document.

A field is named after its path: `incoming.first.owner` is the attribute
`incoming__first__owner`. Controls in a group that is hidden are disabled in the browser and so not
submitted: what was not submitted keeps its value. As an unticked box is not submitted either, each
box comes with a hidden `shown` input (macro `switch_field`); so does a control of several inputs.
A whole section of the document (`working_hours`) is a field of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FieldList
from wtforms.fields import SelectChoice

from rules.choices import Choices
from rules.document import anchor, is_inside, value_at
from rules.settings import DEFAULTS
from rules.settings_checks import Problem

# They speak of other settings and of the CRM, not of what was typed: publishing waits for them.
NOT_BLOCKING = frozenset({"required", "missing_reference", "required_field"})


class DocumentForm(FlaskForm):
    """Typed values of some paths. A field's `warnings` are what keeps the settings from being
    published although it can be saved."""

    def __init__(
        self,
        document: Mapping[str, Any],
        formdata: Any = None,
        choices: Choices | None = None,
    ) -> None:
        self.shown = set(formdata.getlist("shown")) if formdata is not None else set()
        super().__init__(formdata=formdata, data=self.from_document(document))
        self._submitted = set(formdata.keys()) if formdata is not None else set()
        for name, field in self._fields.items():
            field.id = anchor(path_of(name))
            field.warnings = []
        self.offer(choices or Choices())

    def offer(self, choices: Choices) -> None:
        """Put what can be chosen into the fields; a form with such fields overrides it."""

    @classmethod
    def paths(cls) -> tuple[str, ...]:
        """All the places that this form may change, in the order of its fields."""
        names = [name for name in dir(cls) if is_place(name)]
        fields = [(getattr(cls, name), name) for name in names]
        known = [(field.creation_counter, name) for field, name in fields if is_field(field)]
        return tuple(path_of(name) for _, name in sorted(known))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' data for what stands in the document."""
        return {name_of(path): value_at(document, path) for path in cls.paths()}

    def values(self) -> dict[str, Any]:
        """Path -> value for every control that was submitted; an empty text is None."""
        return {
            path_of(name): empty_as_none(field.data)
            for name, field in self._fields.items()
            if is_place(name) and self._was_shown(name, field)
        }

    def take_problems(self, problems: Iterable[tuple[Problem, str]]) -> bool:
        """Put problems of the whole document, each with its sentence, on the fields that they are
        about. True if nothing keeps the values from being saved."""
        for problem, text in problems:
            name = self._field_of(problem.path)
            if name is None:
                continue
            if problem.code in NOT_BLOCKING:
                self._fields[name].warnings.append(text)
            else:
                self._fields[name].errors = [*self._fields[name].errors, text]
        return not self.errors

    def _field_of(self, path: str) -> str | None:
        return next(
            (name for name in self._fields if "__" in name and is_inside(path, path_of(name))), None
        )

    def _was_shown(self, name: str, field: Field) -> bool:
        if name in self.shown or isinstance(field, BooleanField):
            return name in self.shown
        if isinstance(field, FieldList):
            return any(key == name or key.startswith(f"{name}-") for key in self._submitted)
        return name in self._submitted


def is_field(candidate: Any) -> bool:
    """Whether a class member is a WTForms field that is not bound to a form yet."""
    return hasattr(candidate, "creation_counter")


def is_place(name: str) -> bool:
    """Whether a form's member of that name stands for a place of the settings document."""
    return name.split("__")[0] in DEFAULTS


def name_of(path: str) -> str:
    return path.replace(".", "__")


def path_of(name: str) -> str:
    return name.replace("__", ".")


def empty_as_none(value: Any) -> Any:
    return None if value == "" else value


def options(*pairs: tuple[str, Any]) -> list[SelectChoice]:
    """Choices of a radio group or select, from (value, label)."""
    return [SelectChoice(value, label) for value, label in pairs]
