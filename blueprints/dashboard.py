"""/integrations/<id>/overview: the figures of a period, how the parts stand, what to mend."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from blueprints.access import admin_only, get_integration, protect
from blueprints.accounted_words import Yesterday, yesterday
from blueprints.dashboard_charts import Place, charts
from blueprints.dashboard_health import parts
from blueprints.dashboard_tiles import Processing, tile_rows
from blueprints.dashboard_words import notice
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.reasons import Names
from blueprints.setup.frame import describe
from models import Integration, db
from rules.attention import Facts, attention
from rules.figures import Figures, span_of
from rules.periods import PeriodWord
from services import find_calls
from services.attention import read_facts
from services.figures import Promises, count_waiting, read_figures, read_promises
from services.figures_kept import KeptFigures
from services.integrations import database_now

bp = Blueprint("dashboard", __name__)
protect(bp)

PERIODS = (
    (PeriodWord.TODAY, _l("Today")),
    (PeriodWord.WEEK, _l("7 days")),
    (PeriodWord.MONTH, _l("30 days")),
)
LAST_SEEN = "overview"  # of the browser session: the office that `/` leads to


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    state.app.extensions["kept_figures"] = KeptFigures()


@bp.get("/integrations/<int:id>/overview")
@admin_only
def index(id: int) -> Response:
    integration = get_integration(id)
    _remember(id)
    word = _period(request.args.get("period"))
    now = database_now(db.session())
    figures, promises = _figures(integration, word, now)
    facts = _facts(integration)
    waiting = count_waiting(db.session(), id)
    day = _yesterday(integration)
    place = _place(integration, word)
    has_tables = request.args.get("tables") == "1"
    is_live = request.args.get("live") != "0"
    seen = _seen(figures, promises, facts, waiting, day, place.lines, has_tables, is_live)
    if wants_partial() and request.args.get("seen") == seen:
        return unchanged()
    return render(
        "dashboard/index.html",
        "dashboard/partials/overview.html",
        integration=integration,
        frame=None if integration.published_version else describe(integration),
        periods=PERIODS,
        period=word,
        rows=tile_rows(
            figures, promises, Processing(waiting, facts.traffic.notified_at, now), place
        ),
        charts=charts(figures, place),
        parts=parts(facts, place),
        notices=[notice(item, place) for item in attention(facts)],
        yesterday=day,
        has_tables=has_tables,
        is_live=is_live,
        seen=seen,
        address=_addresses(id, word, has_tables=has_tables, is_live=is_live),
    )


def _figures(integration: Integration, word: PeriodWord, now: datetime) -> tuple[Figures, Promises]:
    span = span_of(word, now, integration.timezone)

    def count() -> tuple[Figures, Promises]:
        current = db.session()
        return (
            read_figures(current, integration.id, span),
            read_promises(current, integration.id, span),
        )

    return _kept().get(("figures", integration.id, word, span.start), count)


def _yesterday(integration: Integration) -> Yesterday | None:
    """How the calls of yesterday stand; None for an integration that was made today."""
    key = ("yesterday", integration.id, str(get_locale()))
    return _kept().get(key, lambda: yesterday(db.session(), integration))


def _facts(integration: Integration) -> Facts:
    redis_url = current_app.extensions["redis_url"]
    key = ("facts", integration.id)
    return _kept().get(key, lambda: read_facts(db.session(), integration, redis_url))


def _place(integration: Integration, word: PeriodWord) -> Place:
    id = integration.id
    names = Names(employees=find_calls.employee_names(id), users=find_calls.user_names(id))
    return Place(integration, names, dict(find_calls.virtual_numbers(id)), word)


def _seen(figures: Figures, promises: Promises, facts: Facts, *more: Any) -> str:
    """Changes when something on the page does; the time that passes is no change."""
    shown = (figures.now, figures.before, figures.columns, figures.employees, figures.sources)
    known = (promises, facts.connections, attention(facts), str(get_locale()))
    return hashlib.sha256(repr((shown, known, more)).encode()).hexdigest()[:16]


def _addresses(id: int, word: PeriodWord, *, has_tables: bool, is_live: bool) -> Callable[..., str]:
    """Makes addresses of this page, each like the one asked for but for what is given anew."""
    known = {
        "period": word if word is not PeriodWord.TODAY else None,
        "tables": "1" if has_tables else None,
        "live": None if is_live else "0",
    }

    def address(**more: Any) -> str:
        values: dict[str, Any] = {"id": id, **known, **more}
        return url_for("dashboard.index", **values)

    return address


def _period(text: str | None) -> PeriodWord:
    return PeriodWord(text) if text in list(PeriodWord) else PeriodWord.TODAY


def _remember(id: int) -> None:
    if session.get(LAST_SEEN) != id:
        session[LAST_SEEN] = id


def _kept() -> KeptFigures:
    found: KeptFigures = current_app.extensions["kept_figures"]
    return found
