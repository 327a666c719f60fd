"""What will happen with incoming calls: the card beside the step, and the feet of its cards."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from blueprints.setup.case_lines import Teller
from blueprints.setup.lines import Line, fill, strong
from models import Integration
from rules.choices import Choices
from rules.settings import AbsentManager, Settings
from rules.vocabulary import Direction

MANAGER = "incoming.personal_manager"


def tell_incoming(integration: Integration, settings: Settings, choices: Choices) -> list[Line]:
    lines = [*Teller(integration, settings, choices, Direction.INBOUND).lines()]
    manager = settings.incoming.personal_manager
    if manager.enabled:
        text = _l("Before that CallGear asks us, and a known client goes to %(who)s.")
        lines.append(Line(fill(text, who=strong(_("the client's own manager")))))
        lines.append(_absent_line(settings, choices))
    ignored = len(settings.ignore.numbers)
    if ignored:
        lines.append(
            Line(
                ngettext(
                    "%(num)d number is ignored: its calls only stay in the history.",
                    "%(num)d numbers are ignored: their calls only stay in the history.",
                    ignored,
                )
            )
        )
    return lines


def _absent_line(settings: Settings, choices: Choices) -> Line:
    manager = settings.incoming.personal_manager
    deputy = choices.user_name(manager.deputy_user_id)
    match manager.absent:
        case AbsentManager.RING:
            text = _("An absent manager is rung all the same.")
        case AbsentManager.DEPUTY if deputy:
            told = fill(_l("While the manager is absent: %(who)s."), who=strong(deputy))
            return Line(told, place=MANAGER)
        case AbsentManager.DEPUTY:
            text = _("No deputy is chosen: while the manager is absent he counts as not found.")
            return Line(text, "warn", place=MANAGER)
        case _:
            text = _("While the manager is absent he counts as not found.")
    return Line(text, place=MANAGER)
