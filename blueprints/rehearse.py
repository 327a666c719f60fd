"""Rehearse on past calls: the draft run over the journal, beside what really happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from blueprints import words
from blueprints.access import admin_only, get_integration, protect
from blueprints.call_lines import CallLine, call_line
from blueprints.htmx import render
from blueprints.language import select_locale
from blueprints.reasons import Names, is_told, sentence
from blueprints.setting_links import setting_url
from models import Integration, db
from rules.causes import setting_behind
from rules.plan_story import reasons_of
from rules.rehearsal import Made
from rules.settings import Settings
from rules.settings_words import sentence as problem_sentence
from rules.vocabulary import Direction, Entity
from services import find_calls
from services.rehearse import MOST_CALLS, ChangedCall, Rehearsed, rehearse
from services.try_call import DRAFT, PUBLISHED, Rules, read_rules

bp = Blueprint("rehearse", __name__)
protect(bp)

PERIODS = (7, 30)


@dataclass(frozen=True)
class Why:
    """A sentence and the setting behind it."""

    text: str
    href: str


@dataclass(frozen=True)
class ChangeLine:
    """A call that would come out differently: `before` and `after` in words."""

    line: CallLine
    before: str
    after: str
    whys: list[Why]


@bp.get("/integrations/<int:id>/rehearse")
@admin_only
def show(id: int) -> Response:
    integration = get_integration(id)
    days = request.args.get("days", type=int)
    rules = read_rules(db.session(), integration)
    tried = rules.get(request.args.get("by", DRAFT)) or next(iter(rules.values()))
    context: dict[str, Any] = {"result": None}
    if days in PERIODS:
        context = _rehearsed(integration, tried, days)
    return render(
        "rehearse/show.html",
        "rehearse/partials/result.html",
        integration=integration,
        periods=PERIODS,
        days=days,
        tried=tried,
        is_draft=tried.name == DRAFT,
        has_both=len(rules) > 1,
        problems=[
            (problem_sentence(each, select_locale()), setting_url(id, each.path, tried.settings))
            for each in tried.problems
        ],
        most_calls=MOST_CALLS,
        address=lambda **more: _address(integration, days, tried.name, **more),
        **context,
    )


def _rehearsed(integration: Integration, tried: Rules, days: int) -> dict[str, Any]:
    number = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    result = rehearse(db.session(), integration, tried.settings, days=days, number=number)
    names = Names(find_calls.employee_names(integration.id), find_calls.user_names(integration.id))
    return {
        "result": result,
        "counts": _counts(result),
        "lines": [_line(each, integration, tried.settings, names) for each in result.page],
    }


def _counts(result: Rehearsed) -> list[tuple[Any, int, int]]:
    return [
        (words.ENTITIES[entity], result.before[entity], result.after[entity]) for entity in Entity
    ]


def _line(
    each: ChangedCall, integration: Integration, settings: Settings, names: Names
) -> ChangeLine:
    return ChangeLine(
        call_line(each.call, integration, names),
        before=_made_words(each.change.before, names),
        after=_made_words(each.change.after, names),
        whys=list(_whys(each, integration, settings, names)),
    )


def _made_words(made: Made, names: Names) -> str:
    """What was or would be made, and for whom."""
    things = [e for e in Entity if e in made.actions and e is not Entity.TASK]
    said = []
    if things:
        what = ", ".join(str(words.ENTITIES[each].label).lower() for each in things)
        said.append(_("%(what)s for %(user)s", what=what, user=_user(made.owner, names)))
    if Entity.TASK in made.actions:
        said.append(_("a task for %(user)s", user=_user(made.task_owner, names)))
    return "; ".join(said) or _("nothing")


def _user(user_id: str | None, names: Names) -> str:
    return names.user(user_id) if user_id else _("nobody")


def _whys(
    each: ChangedCall, integration: Integration, settings: Settings, names: Names
) -> Iterator[Why]:
    """Why it would be so now; where not the settings differ, that they do not."""
    if not each.is_by_settings:
        yield Why(
            _(
                "Not because of these settings: employees were joined differently when the call"
                " was decided, or its facts have changed since."
            ),
            "",
        )
    contact, task = each.verdict.contact, each.verdict.task
    for decision, reasons in ((contact, reasons_of(contact)), (task, task.reasons if task else ())):
        for reason in reasons:
            if is_told(reason.code, reason.values):
                direction = Direction(each.call.direction) if each.call.direction else None
                kind = decision.contact if decision else None
                path = setting_behind(reason, settings, direction, kind)
                yield Why(
                    sentence(reason.code, reason.values, names),
                    setting_url(integration.id, path, settings),
                )


def _address(integration: Integration, days: int | None, by: str, **more: Any) -> str:
    known = {"days": days, "by": by} if by == PUBLISHED else {"days": days}
    query = {name: value for name, value in {**known, **more}.items() if value}
    return f"{url_for('rehearse.show', id=integration.id)}?{urlencode(query)}"
