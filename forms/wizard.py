"""The steps of the wizard, as data: adding a screen is one line here, one form, one template."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from forms.document import DocumentForm
from forms.funnels_step import FunnelsForm
from forms.incoming_step import IncomingForm
from forms.outgoing_step import OutgoingForm
from forms.tasks_step import TasksForm
from rules.document import is_inside

FIRST_STEPS = _l("First steps")
TELEPHONY = _l("Telephony settings → General")


@dataclass(frozen=True)
class Step:
    """One screen. `owns` names the places of the settings document that belong to it; `more` is
    the second line in the list of steps. Steps without a form have views of their own."""

    slug: str
    title: LazyString
    group: LazyString | None = None
    more: LazyString | None = None
    owns: tuple[str, ...] = ()
    form_class: type[DocumentForm] | None = None
    is_optional: bool = False


STEPS = (
    Step("auth", _l("Authorisation"), FIRST_STEPS),
    Step("users", _l("User sync"), FIRST_STEPS),
    Step(
        "incoming",
        _l("Incoming call settings"),
        TELEPHONY,
        owns=("incoming", "ignore"),
        form_class=IncomingForm,
    ),
    Step(
        "outgoing",
        _l("Outgoing call settings"),
        TELEPHONY,
        more=_l("and click-to-call"),
        owns=("outgoing",),
        form_class=OutgoingForm,
    ),
    Step(
        "tasks",
        _l("Tasks"),
        TELEPHONY,
        owns=("tasks", "working_hours"),
        form_class=TasksForm,
    ),
    Step("templates", _l("Templates"), TELEPHONY, owns=("templates",), is_optional=True),
    Step(
        "funnels",
        _l("Sales funnels"),
        TELEPHONY,
        more=_l("and responsible employees"),
        owns=("funnels", "responsible"),
        form_class=FunnelsForm,
    ),
    Step("fields", _l("Additional field settings"), TELEPHONY, owns=("fields",), is_optional=True),
)
REVIEW = Step("review", _l("Check and turn on"))


def find_step(slug: str) -> Step | None:
    return next((step for step in STEPS if step.slug == slug), None)


def step_of(path: str) -> Step:
    """The step on which this place of the settings document is edited; the review for others."""
    return next(
        (step for step in STEPS if any(is_inside(path, place) for place in step.owns)), REVIEW
    )
