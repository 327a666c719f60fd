"""What the page of the step `fields` shows: rows with their types, examples, notes and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import LazyString, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.language import select_locale
from blueprints.setup.templates_step_parts import variable_groups
from forms.document import NOT_BLOCKING
from forms.fields_step import OWN_TEXT, TypedRow
from models import Integration
from rules.crm import CustomField
from rules.field_checks import CHOICES, RowCheck, check_row
from rules.field_rows import MergedRows, problems_by_row
from rules.sample_calls import full_values
from rules.settings_checks import Problem
from rules.settings_words import sentence
from rules.variables import VARIABLES
from services.find_field import FieldAnswer
from services.previews import regional_of

SHOWN_OPTIONS = 8
TYPES: Mapping[str, LazyString] = {
    "string": _l("line of text"),
    "text": _l("long text"),
    "number": _l("a number"),
    "money": _l("amount of money"),
    "boolean": _l("yes or no"),
    "date": _l("a date"),
    "datetime": _l("date and time"),
    "enum": _l("choice from a list"),
    "multi_enum": _l("several choices from a list"),
    "phone": _l("a phone number"),
    "email": _l("an e-mail address"),
    "url": _l("a link"),
    "user": _l("an employee"),
    "project": _l("a project"),
}
UNFIT: Mapping[str, LazyString] = {
    "number": _l("The field takes a number, and “%(sample)s” is none: it would stay empty."),
    "money": _l("The field takes an amount, and “%(sample)s” is none: it would stay empty."),
    "boolean": _l("The field takes yes or no, and “%(sample)s” is neither: it would stay empty."),
    "date": _l("The field takes a date, and “%(sample)s” is none: it would stay empty."),
    "datetime": _l("The field takes a date and time, not “%(sample)s”: it would stay empty."),
    "enum": _l("“%(sample)s” is none of the options: such a value would not be written."),
    "multi_enum": _l("“%(sample)s” is none of the options: such a value would not be written."),
}
ANSWERS: Mapping[FieldAnswer, tuple[LazyString, str]] = {
    FieldAnswer.FOUND: (_l("Field found"), "ok"),
    FieldAnswer.MISSING: (_l("Field not found: check how it is written in Behomes."), "warn"),
    FieldAnswer.NOT_TOLD: (_l("Behomes does not tell which fields it has."), ""),
    FieldAnswer.NO_ANSWER: (_l("Behomes does not answer now: try again later."), "warn"),
}


@dataclass(frozen=True)
class RowLine:
    """A row on the page. `place` counts in the whole document: links to problems name it."""

    row: TypedRow
    number: int
    place: int
    crm_field: CustomField | None
    check: RowCheck
    errors: Mapping[str, list[str]] = field(default_factory=dict)  # target, value
    warnings: Sequence[str] = ()
    answer: FieldAnswer | None = None

    @property
    def type_word(self) -> LazyString | str:
        return TYPES.get(self.crm_field.type, self.crm_field.type) if self.crm_field else ""

    @property
    def is_own_text(self) -> bool:
        return self.row.source == OWN_TEXT

    @property
    def notes(self) -> list[tuple[str, str]]:
        """(tone, sentence): what somebody should know of the type, the options, the moment."""
        found = [("warn", text) for text in self.warnings]
        if self.check.fits is False and self.crm_field:
            found.append(("warn", str(UNFIT[self.crm_field.type]) % {"sample": self.check.sample}))
        if self.crm_field and self.crm_field.type in CHOICES:
            found.append(("", _("Options: %(titles)s", titles=_titles(self.crm_field))))
        if self.check.is_late:
            found.append(("", _("Filled in after the call.")))
        if self.answer:
            text, tone = ANSWERS[self.answer]
            found.append((tone, str(text)))
        return found


@dataclass(frozen=True)
class RowList:
    """All rows of the opened entity, with what is wrong with any of them."""

    lines: list[RowLine]
    form_errors: list[str]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the control, sentence), in the order of the page."""
        return [
            (control_id(line, member), _("Row %(number)s: %(error)s", number=line.number, error=e))
            for line in self.lines
            for member, errors in line.errors.items()
            for e in errors
        ]

    @property
    def has_errors(self) -> bool:
        return bool(self.form_errors or self.errors)


def control_id(line: RowLine, member: str) -> str:
    if member == "target":
        return f"fields-{line.place}-target"
    return f"fields-{line.place}-{'text' if line.is_own_text else 'value'}"


def row_list(
    rows: Sequence[TypedRow],
    merged: MergedRows,
    problems: Sequence[Problem],
    fields: Sequence[CustomField],
    integration: Integration,
    answers: Mapping[str, FieldAnswer] | None = None,
) -> RowList:
    """The rows as they stand on the page; `problems` are those of the whole document."""
    known = {each.key: each for each in fields}
    regional = regional_of(integration)
    samples = full_values(regional)
    found = problems_by_row(problems, merged, len(rows))
    lines = []
    for place, row in enumerate(rows):
        blocking = [each for each in found.get(place, ()) if each.code not in NOT_BLOCKING]
        advice = [each for each in found.get(place, ()) if each.code in NOT_BLOCKING]
        target = known.get(row.target)
        lines.append(
            RowLine(
                row,
                place + 1,
                merged.start + place,
                target,
                check_row(row.value, target, samples, regional),
                _errors(blocking, known),
                [_sentence(each, known) for each in advice],
                (answers or {}).get(row.id),
            )
        )
    general = [_sentence(each, known) for each in problems if each.path == "fields"]
    return RowList(lines, general)


def parameter_groups() -> list[tuple[LazyString, list[tuple[str, str]]]]:
    """The parameters of a call as the select offers them: (group, [(variable, label)])."""
    locale = select_locale()
    return [
        (label, [(each.name, each.label(locale)) for each in variables])
        for label, variables in variable_groups()
    ]


def target_choices(fields: Sequence[CustomField], current: str) -> list[tuple[str, str]]:
    """The CRM's fields with their types in words; a stored one that is gone stays, marked."""
    found = [
        (each.key, f"{each.title or each.key} · {TYPES.get(each.type, each.type)}")
        for each in fields
    ]
    if current and current not in {key for key, _label in found}:
        found.append((current, pgettext("field", "%(name)s (deleted in Behomes)", name=current)))
    return found


@dataclass(frozen=True)
class ExampleRow:
    """What stands where there is no row yet."""

    label: str
    target: LazyString
    sample: str


def example_row() -> ExampleRow:
    variable = VARIABLES["source_name"]
    return ExampleRow(variable.label(select_locale()), _l("Source"), variable.sample)


def missing_names(variables: Sequence[str]) -> str:
    """The parameters for which no field was found, in words."""
    return ", ".join(VARIABLES[name].label(select_locale()) for name in variables)


def row_name(row: TypedRow, fields: Sequence[CustomField]) -> str:
    """A row in words, for the note that it was taken out."""
    target = next((each.title for each in fields if each.key == row.target), row.target)
    locale = select_locale()
    source = VARIABLES[row.source].label(locale) if row.source in VARIABLES else row.text
    return f"{source or _('not chosen')} → {target or _('not chosen')}"


def _titles(target: CustomField) -> str:
    titles = [option.title for option in target.options[:SHOWN_OPTIONS]]
    return ", ".join(titles) + (", …" if len(target.options) > SHOWN_OPTIONS else "")


def _errors(problems: Sequence[Problem], known: Mapping[str, CustomField]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in problems:
        member = "target" if problem.path == "target" else "value"
        found.setdefault(member, []).append(_sentence(problem, known))
    return found


def _sentence(problem: Problem, known: Mapping[str, CustomField]) -> str:
    """As everywhere, but a field is called by its title."""
    values = dict(problem.values)
    if values.get("target") in known:
        values["target"] = known[values["target"]].title
    return sentence(Problem(problem.path, problem.code, values), select_locale())
