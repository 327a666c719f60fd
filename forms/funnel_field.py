"""Funnel and stage of new deals in one select, for the steps whose rules make deals."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from wtforms.fields import SelectChoice

from forms.choice_fields import NOT_CHOSEN, IdField, is_final
from rules.choices import Choices

Section = dict[str, str | None]

EMPTY: Section = {"pipeline_id": None, "stage_id": None}


class FunnelField(IdField):
    """The section `funnels` as one choice; its options are the stages, grouped by funnel."""

    def process_data(self, value: Any) -> None:
        self.data: Any = {**EMPTY, **(value or {})}
        self.chosen = _option(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.chosen = valuelist[0]

    def offer(self, choices: Choices) -> None:
        """Only now it is known what the options stand for."""
        offered = [SelectChoice("", NOT_CHOSEN)]
        sections: dict[str, Section] = {"": EMPTY}
        for pipeline in choices.pipelines:
            for stage in pipeline.stages:
                section: Section = {"pipeline_id": pipeline.id, "stage_id": stage.id}
                label = f"{pipeline.name} → {stage.name}"
                label = _("%(stage)s (final)", stage=label) if is_final(stage) else label
                sections[_option(section)] = section
                offered.append(SelectChoice(_option(section), label, {}, pipeline.name))
        stored = _option(self.data)
        if stored not in sections:
            offered.append(SelectChoice(stored, self._unlisted(choices)))
        self.choices = offered
        self.data = sections.get(self.chosen, self.data)

    def iter_choices(self) -> Any:
        for each in super().iter_choices():
            yield each._replace(selected=each.value == self.chosen)

    def iter_groups(self) -> Any:
        for name, group in super().iter_groups():
            yield name, [each._replace(selected=each.value == self.chosen) for each in group]

    def pre_validate(self, form: Any) -> None:
        section, self.data = self.data, self.chosen
        try:
            super().pre_validate(form)
        finally:
            self.data = section

    def _unlisted(self, choices: Choices) -> str:
        """What is chosen, but gone from the CRM or not complete yet."""
        pipeline_id = self.data["pipeline_id"]
        pipeline = choices.find_pipeline(pipeline_id)
        if pipeline is not None and not self.data["stage_id"]:
            return _("%(name)s: no stage chosen", name=pipeline.name)
        return _("%(name)s (deleted in Behomes)", name=pipeline.name if pipeline else pipeline_id)


def _option(section: Section) -> str:
    """The value of the option that stands for this section."""
    if not section["pipeline_id"]:
        return ""
    return f"{section['pipeline_id']}|{section['stage_id'] or ''}"
