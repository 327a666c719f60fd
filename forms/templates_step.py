"""The step `templates`: the standard template of an entity, or the admin's own texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField, TextAreaField

from forms.document import options
from rules.sample_calls import Sample
from rules.settings_checks import Problem
from rules.standard_templates import ENTITY_FIELDS, STANDARD
from rules.vocabulary import Entity

STANDARD_KIND, OWN_KIND = "standard", "own"
NAMES = {
    "name": _l("Name in Behomes"),
    "title": _l("Title in Behomes"),
    "comment": _l("Comment"),
    "text": _l("Text of the task"),
}
NOTHING_WRITTEN = _l("Write a text, or choose the standard template.")


class TemplateForm(FlaskForm):
    """What was typed for one entity. `stored` is its object in the settings, None for standard."""

    kind = RadioField(
        _l("Template"),
        choices=options(
            (STANDARD_KIND, _l("Standard template")),
            (OWN_KIND, _l("Own template")),
        ),
    )
    sample = SelectField(_l("Show on"), validate_choice=False, default=str(Sample.NEW))
    name = TextAreaField(NAMES["name"])
    title = TextAreaField(NAMES["title"])
    comment = TextAreaField(NAMES["comment"])
    text = TextAreaField(NAMES["text"])

    def __init__(
        self, entity: Entity, stored: Mapping[str, Any] | None, *, locale: str, formdata: Any = None
    ) -> None:
        self.entity, self._locale = entity, locale
        kind = OWN_KIND if stored else STANDARD_KIND
        super().__init__(formdata=formdata, data={"kind": kind, **(stored or {})})
        for field in NAMES:
            if field not in ENTITY_FIELDS[entity]:
                del self[field]
        for each in self.texts():
            each.id = f"templates-{entity}-{each.name}"
            each.warnings = []
        self.kind.warnings = []
        if not stored and not any(each.name in (formdata or ()) for each in self.texts()):
            self._begin_with_standard()

    def texts(self) -> list[Field]:
        return [self[field] for field in ENTITY_FIELDS[self.entity]]

    @property
    def is_own(self) -> bool:
        return bool(self.kind.data == OWN_KIND)

    def standard_text(self, field: str) -> str:
        """The standard template as it is written, in the language that counts."""
        return STANDARD.get(self._locale, STANDARD["ru"])[self.entity][field]

    def own_text(self, field: str) -> str | None:
        """What was typed for a field; None where the standard template counts."""
        if not self.is_own:
            return None
        return str(self[field].data or "").replace("\r\n", "\n")

    def value(self) -> dict[str, str | None] | None:
        """What goes into the settings; a field that was left empty takes the standard template."""
        if not self.is_own:
            return None
        return {each.name: self.own_text(each.name) or None for each in self.texts()}

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        if self.is_own and not any(
            (self.own_text(each.name) or "").strip() for each in self.texts()
        ):
            first = self.texts()[0]
            first.errors = [*first.errors, NOTHING_WRITTEN]
            return False
        return is_valid

    def take_problems(self, problems: Iterable[tuple[Problem, str]]) -> bool:
        """Put what is wrong with this entity's texts on their fields; True if nothing is."""
        for problem, sentence in problems:
            for each in self.texts():
                if problem.path == f"templates.{self.entity}.{each.name}":
                    each.errors = [*each.errors, sentence]
        return not self.errors

    def _begin_with_standard(self) -> None:
        for each in self.texts():
            each.data = self.standard_text(each.name)
