"""Settings in the reader's words: what each is called, and what its value means.

Differences, histories, the review, the page of two admins and import errors all speak through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from babel import Locale
from flask_babel import LazyString, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.language import select_locale
from blueprints.shown import phone
from blueprints.words import CREATES, ENTITIES, OWNER_RULES
from rules.choices import Choices
from rules.crm import CustomField
from rules.settings_labels import day_name, label

TEXT_LENGTH, LIST_LENGTH = 120, 5
TASK_ASSIGNS: Mapping[str, LazyString] = {
    "none": _l("Do not create a task"),
    "from_settings": _l("Assign to the employee from the integration settings"),
    "caller": _l("Assign to the employee who made the call"),
}
ABSENT: Mapping[str, LazyString] = {
    "ring": _l("Ring him anyway"),
    "deputy": _l("Ring the deputy"),
    "not_found": _l("Go on along the “not found” branch"),
}
# Last part of the path -> the words of its values.
ENUMERATIONS: Mapping[str, Mapping[str, LazyString]] = {
    "create": CREATES,
    "owner": OWNER_RULES,
    "assign": TASK_ASSIGNS,
    "absent": ABSENT,
}


@dataclass(frozen=True)
class Speaker:
    """Names come from `choices`; `rows` are rows of `fields` by id, from all documents at hand."""

    choices: Choices
    rows: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, choices: Choices, *documents: Mapping[str, Any]) -> Speaker:
        """For settings of these documents; of a row that changed the last document's is named."""
        rows = {row["id"]: row for document in documents for row in document["fields"]}
        return cls(choices, rows)

    def label(self, path: str) -> str:
        """What the setting is called; a row of `fields` by what it fills."""
        steps = path.split(".")
        row = self.rows.get(steps[1]) if steps[0] == "fields" and len(steps) > 1 else None
        return label(path, select_locale(), row=self.row_name(row) if row else "")

    def row_name(self, row: Mapping[str, Any]) -> str:
        title = in_quotes(self.field_title(row["entity"], row["target"]))
        return f"{title} ({_entity(row['entity'])})"

    def field_title(self, entity: str, key: str) -> str:
        fields: Iterable[CustomField] = self.choices.fields.get(entity, ())
        return next((each.title for each in fields if each.key == key), key)

    def value(self, path: str, value: Any) -> str:
        """A value of that path, in words."""
        section, last = path.split(".")[0], path.rsplit(".", 1)[-1]
        if isinstance(value, bool):
            return _("on") if value else _("off")
        if section in SECTIONS:
            return SECTIONS[section](self, path, value)
        if isinstance(value, Mapping):
            parts = (
                f"{self.label(f'{path}.{k}')}: {self.value(f'{path}.{k}', v)}"
                for k, v in value.items()
            )
            return "; ".join(parts)
        if last in ENUMERATIONS:
            return str(ENUMERATIONS[last].get(value, value))
        if last in REFERENCES:
            return REFERENCES[last](self, value)
        if last == "due_minutes":
            return _("%(number)s min", number=value)
        return "–" if value is None else str(value)

    def user(self, user_id: str | None) -> str:
        if user_id is None:
            return _("nobody is chosen")
        found = next((each.name for each in self.choices.users if each.id == user_id), None)
        return found or _gone(user_id, is_known=bool(self.choices.users))

    def pipeline(self, pipeline_id: str | None) -> str:
        if pipeline_id is None:
            return _("not chosen")
        found = self.choices.find_pipeline(pipeline_id)
        return found.name if found else _gone(pipeline_id, is_known=bool(self.choices.pipelines))

    def stage(self, stage_id: str | None) -> str:
        if stage_id is None:
            return _("not chosen")
        stages = [stage for each in self.choices.pipelines for stage in each.stages]
        found = next((stage.name for stage in stages if stage.id == stage_id), None)
        return found or _gone(stage_id, is_known=bool(stages))

    def number(self, number: str | None) -> str:
        return phone(number) if number else _("the first active number of the account")

    def countries(self, codes: Iterable[str] | None) -> str:
        if codes is None:
            return _("the country of the integration")
        names = Locale(str(get_locale())).territories
        return shortened([str(names.get(code, code)) for code in codes]) or _("none")

    def templates(self, path: str, value: Any) -> str:
        """A whole template or one text of it; None is the standard one."""
        if value is None:
            return _("standard")
        if isinstance(value, Mapping):
            texts = [f"{self.label(f'{path}.{k}')}: {quoted(v)}" for k, v in value.items() if v]
            return "; ".join(texts) or _("standard")
        return quoted(value)

    def ignored(self, path: str, value: Any) -> str:
        numbers = value.get("numbers", ()) if isinstance(value, Mapping) else value
        return shortened([phone(each) for each in numbers or ()]) or _("none")

    def hours(self, path: str, value: Any) -> str:
        if path != "working_hours":
            return spans(value)
        if value is None:
            return _("always")
        days = [day for day in "1234567" if value.get(day)]
        told = [f"{day_name(day, select_locale())} {spans(value[day])}" for day in days]
        return "; ".join(told if len(days) == 7 else [*told, _("closed on all other days")])

    def field(self, path: str, value: Any) -> str:
        """A row of `fields`, all of them, or one member of a row."""
        if value is None:
            return _("none")
        if isinstance(value, (list, tuple)):
            rows = [self.field("fields.row", row) for row in value]
            return "; ".join(rows) or _("none")
        if isinstance(value, Mapping):
            more = f" ({_('replaces what is filled in')})" if value.get("overwrite") else ""
            return f"{self.row_name(value)} ← {quoted(value['value'])}{more}"
        match path.rsplit(".", 1)[-1]:
            case "entity":
                return _entity(value)
            case "value":
                return quoted(value)
            case _other:
                return str(value)


SECTIONS: Mapping[str, Callable[[Speaker, str, Any], str]] = {
    "templates": Speaker.templates,
    "ignore": Speaker.ignored,
    "working_hours": Speaker.hours,
    "fields": Speaker.field,
}
REFERENCES: Mapping[str, Callable[[Speaker, Any], str]] = {
    "incoming_user_id": Speaker.user,
    "outgoing_user_id": Speaker.user,
    "deputy_user_id": Speaker.user,
    "pipeline_id": Speaker.pipeline,
    "stage_id": Speaker.stage,
    "virtual_number": Speaker.number,
    "allowed_countries": Speaker.countries,
}


def quoted(text: str) -> str:
    """A template, shortened; nothing of it is ever filled in here."""
    if not text:
        return _("empty")
    line = " ".join(str(text).split())
    return in_quotes(f"{line[:TEXT_LENGTH]}…" if len(line) > TEXT_LENGTH else line)


def in_quotes(text: str) -> str:
    return _("“%(text)s”", text=text)


def shortened(words: list[str]) -> str:
    """The first few of a list, and how many more there are."""
    rest = len(words) - LIST_LENGTH
    shown = ", ".join(words[:LIST_LENGTH])
    if rest <= 0:
        return shown
    return f"{shown} {ngettext('and %(num)d more', 'and %(num)d more', rest)}"


def spans(value: Any) -> str:
    return ", ".join(f"{since}–{till}" for since, till in value or ()) or _("closed")


def _gone(reference: str, *, is_known: bool) -> str:
    """An id that the CRM does not have (any more), if its list was read at all."""
    return _("%(name)s (deleted in Behomes)", name=reference) if is_known else reference


def _entity(entity: str) -> str:
    return str(ENTITIES[entity].label).lower() if entity in ENTITIES else entity
