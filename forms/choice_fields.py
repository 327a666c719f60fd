"""Selects over what the CRM has: a CRM user, a funnel, a stage.

The same settings stand on several steps. A step takes them over by declaring the fields under the
settings' paths and offering the choices:

    responsible__incoming_user_id = choice_field(INCOMING_RESPONSIBLE)

    def offer(self, choices):
        offer_users(self.responsible__incoming_user_id, choices)

A stored value that the CRM no longer has stays selected and is marked; nobody can choose it anew.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, ValidationError
from wtforms.fields import SelectChoice

from rules.choices import Choices, UserChoice
from rules.crm import Stage

PIPELINE = _l("Default funnel")
STAGE = _l("Default stage")
INCOMING_RESPONSIBLE = _l("Responsible for incoming calls")
OUTGOING_RESPONSIBLE = _l("Responsible for outgoing calls")

NOT_CHOSEN = _l("not chosen")
NOT_OFFERED = _l("Choose a value from the list.")
OTHER_STAGE = _l("This stage belongs to another funnel. Choose a stage of the funnel above.")
FINAL_STAGES = _l("Final stages: the deal is closed at once")
FINAL_KINDS = frozenset({"won", "lost"})


class IdField(SelectField):
    """A select of ids. Only what stands in the list and is not disabled is accepted; the empty
    option means nobody or nothing."""

    refusal = NOT_OFFERED

    def pre_validate(self, form: Any) -> None:
        offered = {each.value for each in self.choices or () if "disabled" not in each.render_kw}
        if (self.data or "") not in offered:
            raise ValidationError(str(self.refusal))

    @property
    def stored(self) -> str:
        """What the settings had when the page was asked for."""
        return self.object_data or ""


def choice_field(label: Any) -> Any:
    """An optional reference; what can be chosen comes by `offer_users` or `offer_funnel`."""
    return IdField(label, coerce=_text, choices=[SelectChoice("", NOT_CHOSEN)])


def offer_users(field: IdField, choices: Choices) -> None:
    """All CRM users by name; the inactive ones can be seen but not chosen."""
    offered = [SelectChoice("", NOT_CHOSEN)]
    offered += [_user_choice(user, is_stored=user.id == field.stored) for user in choices.users]
    if field.stored not in {each.value for each in offered}:
        offered.append(_gone(field.stored))
    field.choices = offered


def offer_funnel(pipeline: IdField, stage: IdField, choices: Choices) -> None:
    """The funnels, and the stages of the one that is chosen in `pipeline`."""
    offered = [SelectChoice("", NOT_CHOSEN)]
    offered += [SelectChoice(each.id, each.name) for each in choices.pipelines]
    if pipeline.stored not in {each.value for each in offered}:
        offered.append(_gone(pipeline.stored))
    pipeline.choices = offered
    if not pipeline.data:
        stage.data = ""
    chosen = choices.find_pipeline(pipeline.data)
    stage.choices = _stage_choices(chosen.stages if chosen else ())
    is_same = pipeline.data == pipeline.stored
    if is_same and stage.stored not in {each.value for each in stage.choices}:
        stage.choices = [*stage.choices, _gone(stage.stored)]
    stage.refusal = OTHER_STAGE if stage.data else NOT_OFFERED


def is_final(stage: Stage) -> bool:
    """Whether a deal that is put there is closed already."""
    return stage.kind in FINAL_KINDS


def _stage_choices(stages: tuple[Stage, ...]) -> list[SelectChoice]:
    still_open = [SelectChoice(each.id, each.name) for each in stages if not is_final(each)]
    final = [
        SelectChoice(each.id, each.name, optgroup=str(FINAL_STAGES))
        for each in stages
        if is_final(each)
    ]
    return [SelectChoice("", NOT_CHOSEN), *still_open, *final]


def _user_choice(user: UserChoice, *, is_stored: bool) -> SelectChoice:
    label = f"{user.name} · {user.email}" if user.email else user.name
    if not user.is_usable:
        label = _("%(name)s (inactive in Behomes)", name=label)
    elif not user.is_joined:
        label = _("%(name)s (not joined to CallGear)", name=label)
    is_offered = user.is_usable or is_stored
    return SelectChoice(user.id, label, {} if is_offered else {"disabled": True})


def _gone(value: str) -> SelectChoice:
    return SelectChoice(value, _("%(name)s (deleted in Behomes)", name=value))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
