"""What the step `funnels` shows beside its fields: how fresh the lists are, what uses the choices,
the funnel with the chosen stage, and what will happen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.connection_words import title
from blueprints.language import select_locale
from blueprints.setup.lines import Line, fill, strong
from blueprints.shown import clock, moment
from forms.choice_fields import is_final
from forms.wizard import step_of
from models import Integration
from rules.choices import Choices
from rules.crm import Stage
from rules.document import anchor
from rules.settings import Settings
from rules.settings_labels import label
from rules.settings_references import needs
from services.connection_result import KINDS, Kind, System, Trouble

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class CrmLists:
    """How fresh the lists of the CRM are. `since` is the second since which the page waits for
    them, None if it does not; `error` says what went wrong the last time."""

    read_at: datetime | None
    error: str
    since: int | None
    zone: str

    @property
    def read_text(self) -> str:
        """ "14:02", with the day if it is another one."""
        if self.read_at is None:
            return ""
        zone = ZoneInfo(self.zone)
        is_today = self.read_at.astimezone(zone).date() == datetime.now(zone).date()
        return clock(self.read_at, self.zone) if is_today else moment(self.read_at, self.zone)

    @property
    def is_known(self) -> bool:
        return self.read_at is not None

    @property
    def stamp(self) -> str:
        """Differs after each reading."""
        return self.read_at.isoformat() if self.read_at else ""

    @property
    def is_late(self) -> bool:
        return self.since is not None and time.time() - self.since >= PATIENCE_SECONDS

    @property
    def is_waiting(self) -> bool:
        return self.since is not None and not self.error and not self.is_late


@dataclass(frozen=True)
class Use:
    """A setting that counts on a choice, and where it stands."""

    label: str
    href: str


def funnels_extras(
    integration: Integration, settings: Settings, choices: Choices
) -> dict[str, object]:
    return {
        "lists": crm_lists(integration, choices),
        "uses": uses(integration, settings),
        "funnel": funnel(settings, choices),
    }


def crm_lists(integration: Integration, choices: Choices, *, since: int | None = None) -> CrmLists:
    """Lists that were never read are waited for at once."""
    if choices.crm_read_at is None and since is None:
        since = int(time.time())
    error = error_words(integration, choices)
    return CrmLists(choices.crm_read_at, error, since, integration.timezone)


def error_words(integration: Integration, choices: Choices) -> str:
    """What keeps the lists of the CRM from being read; empty if nothing is known to."""
    if integration.crm_account.breaker == "key":
        return title(System.BEHOMES, Trouble(Kind.KEY_REFUSED))
    if not choices.crm_error:
        return ""
    code = choices.crm_error.partition(":")[0]
    return title(System.BEHOMES, Trouble(KINDS.get(code, Kind.UNEXPECTED)))


def uses(integration: Integration, settings: Settings) -> dict[str, list[Use]]:
    """Path of a reference -> the settings that need it now."""
    return {
        path: [_use(integration, each) for each in because]
        for path, because in needs(settings).items()
    }


def _use(integration: Integration, path: str) -> Use:
    page = url_for("setup.step", id=integration.id, slug=step_of(path).slug)
    return Use(label(path, select_locale()), f"{page}#{anchor(path)}")


def funnel(settings: Settings, choices: Choices) -> list[tuple[Stage, bool]]:
    """The stages of the chosen funnel in their order; True for the one where new deals go."""
    pipeline = choices.find_pipeline(settings.funnels.pipeline_id)
    chosen = settings.funnels.stage_id
    return [(stage, stage.id == chosen) for stage in pipeline.stages] if pipeline else []


def tell_funnels(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    """The card beside the step."""
    return [
        *_deal_lines(integration, settings, choices),
        _responsible_line(
            choices,
            settings.responsible.incoming_user_id,
            _l("When nobody can be told for an incoming call, %(who)s gets it."),
            _l("Incoming calls that nobody can be told for stay without a responsible."),
        ),
        _responsible_line(
            choices,
            settings.responsible.outgoing_user_id,
            _l("When nobody can be told for an outgoing call, %(who)s gets it."),
            _l("Outgoing calls that nobody can be told for stay without a responsible."),
        ),
    ]


def _deal_lines(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    chosen, needed = settings.funnels, uses(integration, settings).get("funnels.pipeline_id", [])
    pipeline = choices.find_pipeline(chosen.pipeline_id)
    stage = choices.find_stage(chosen.pipeline_id, chosen.stage_id)
    if pipeline is None or stage is None:
        if needed:
            return [Line(_("Deals cannot be made yet: choose the funnel and the stage."), "warn")]
        return [Line(_("No call makes a deal now: the funnel is not needed."))]
    words = {"stage": strong(stage.name), "funnel": strong(pipeline.name)}
    lines = [Line(fill(_l("New deals go to the funnel %(funnel)s, stage %(stage)s."), **words))]
    if not needed:
        lines = [Line(_("No call makes a deal now: the funnel is not needed."))]
    if is_final(stage):
        lines.append(Line(_("This is a final stage: new deals would be closed at once."), "warn"))
    return lines


def _responsible_line(
    choices: Choices, user_id: str | None, somebody: LazyString, nobody: LazyString
) -> Line:
    if user_id is None:
        return Line(str(nobody), "warn")
    return Line(fill(somebody, who=strong(choices.user_name(user_id))))
