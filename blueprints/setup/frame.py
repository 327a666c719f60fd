"""What stands around a step: the list of steps with their states, the draft, back and next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, session, url_for
from flask_babel import LazyString, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints.htmx import render
from blueprints.words import Word
from forms.wizard import REVIEW, STEPS, Step, step_of
from models import Integration, db
from rules.settings import load
from rules.settings_changes import difference
from services import setup_state
from services.drafts import Draft, published_document, read_draft
from services.setup_state import State, StepState

STATES = {
    State.NOT_STARTED: Word(_l("Not started"), "circle"),
    State.IN_PROGRESS: Word(_l("In progress"), "circle-half", "accent"),
    State.DONE: Word(lazy_pgettext("set-up", "Done"), "circle-check", "ok"),
    State.ATTENTION: Word(_l("Needs attention"), "circle-alert", "warn"),
}
WHYS: dict[str, LazyString] = {
    "crm_key_refused": _l("Behomes does not accept the key"),
    "crm_not_reached": _l("Behomes has not answered yet"),
    "no_pbx_key": _l("the CallGear key is missing"),
    "pbx_not_read": _l("CallGear has not answered yet"),
    "sync_aborted": _l("the last sync was broken off"),
    "sync_running": _l("a sync is running"),
    "sync_waits": _l("changes wait for your word"),
    "sync_conflicts": _l("there are conflicts"),
    "problems": _l("something is missing or wrong"),
}


@dataclass(frozen=True)
class StepLine:
    """One line of the list of steps."""

    step: Step
    href: str
    state: StepState
    is_current: bool = False

    @property
    def word(self) -> Word:
        return STATES[self.state.state]

    @property
    def why(self) -> str:
        return str(WHYS.get(self.state.why, ""))


@dataclass(frozen=True)
class Frame:
    """`changes` counts what differs from the published settings; None before the first one."""

    lines: list[StepLine]
    draft: Draft
    version: int | None
    changes: int | None
    current: StepLine | None
    previous: StepLine | None
    following: StepLine | None

    @property
    def number(self) -> int:
        """The place of the current step, from 1."""
        return self.lines.index(self.current) + 1 if self.current else len(self.lines)

    @property
    def done(self) -> int:
        return sum(line.state.state is State.DONE for line in self.lines)


def author() -> str:
    """How the person who is logged in is named in drafts, versions and runs."""
    return str(current_user.name or current_user.email)


def render_step(
    integration: Integration, slug: str, *, status: int = 200, **context: Any
) -> Response:
    """Show `templates/setup/steps/<slug>.html` inside the wizard, as page or as partial.

    The template gets `integration`, `step`, `frame` and the given context. With `summary` (lines,
    see `lines.py`) the card of what will happen stands beside it.
    """
    remember_visit(integration, slug)
    frame = describe(integration, slug)
    context.setdefault("summary", None)
    return render(
        "setup/step.html",
        "setup/partials/wizard.html",
        status=status,
        integration=integration,
        frame=frame,
        step=frame.current.step if frame.current else REVIEW,
        step_template=f"setup/steps/{slug}.html",
        **context,
    )


def describe(integration: Integration, slug: str | None = None) -> Frame:
    """The list of steps; `slug` names the one that is open."""
    draft = read_draft(db.session(), integration)
    states = describe_states(integration, draft)
    lines = [
        StepLine(
            step,
            url_for("setup.step", id=integration.id, slug=step.slug),
            states[step.slug],
            step.slug == slug,
        )
        for step in STEPS
    ]
    place = next((index for index, line in enumerate(lines) if line.is_current), None)
    return Frame(
        lines,
        draft,
        integration.published_version,
        count_changes(integration, draft),
        lines[place] if place is not None else None,
        lines[place - 1] if place else None,
        lines[place + 1] if place is not None and place + 1 < len(lines) else None,
    )


def describe_states(integration: Integration, draft: Draft) -> dict[str, StepState]:
    """Slug -> state for all steps, in their order."""
    found = setup_state.find_problems(db.session(), integration, draft)
    visited = visits(integration)
    states = {
        step.slug: setup_state.document_state(
            integration,
            step.slug,
            tuple(problem for problem in found if step_of(problem.path) is step),
            is_visited=step.slug in visited,
        )
        for step in STEPS
    }
    states["auth"] = setup_state.connection_state(integration)
    states["users"] = setup_state.users_state(db.session(), integration)
    return states


def count_changes(integration: Integration, draft: Draft) -> int | None:
    if not integration.published_version:
        return None
    if not draft.is_draft:
        return 0
    published = load(published_document(db.session(), integration))
    return len(difference(published, draft.settings))


def visits(integration: Integration) -> set[str]:
    """The steps that were opened in this browser; saving is what counts for everybody."""
    known = session.get("visited", {})
    return set(known.get(str(integration.id), ()))


def remember_visit(integration: Integration, slug: str) -> None:
    if slug in visits(integration):
        return
    known = session.get("visited", {})
    key = str(integration.id)
    session["visited"] = {**known, key: [*known.get(key, ()), slug]}


def saved_message(integration: Integration) -> str:
    """What saving meant: calls do not change before the draft is applied."""
    if integration.published_version:
        return _(
            "Saved to the draft. Calls run by version %(number)s.",
            number=integration.published_version,
        )
    return _("Saved to the draft. Nothing happens to calls until you turn the integration on.")
