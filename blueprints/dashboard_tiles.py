"""The tiles of the overview: a figure, what it is compared with, and the list behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import url_for
from flask_babel import LazyString, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.dashboard_charts import Place, percent
from blueprints.shown import clock, duration
from rules.figures import Counts, Figures, Spread
from rules.periods import DAYS, PeriodWord
from rules.vocabulary import Entity
from services.figures import Promises

Sentences = Mapping[str, LazyString]

CHANGES: Mapping[PeriodWord, Sentences] = {
    PeriodWord.TODAY: {
        "up": _l("%(num)s more than yesterday by this time"),
        "down": _l("%(num)s fewer than yesterday by this time"),
        "": _l("as many as yesterday by this time"),
    },
    PeriodWord.WEEK: {
        "up": _l("%(num)s more than in the 7 days before"),
        "down": _l("%(num)s fewer than in the 7 days before"),
        "": _l("as many as in the 7 days before"),
    },
    PeriodWord.MONTH: {
        "up": _l("%(num)s more than in the 30 days before"),
        "down": _l("%(num)s fewer than in the 30 days before"),
        "": _l("as many as in the 30 days before"),
    },
}
MADE: Mapping[Entity, LazyString] = {
    Entity.CLIENT: _l("Clients created"),
    Entity.LEAD: _l("Leads created"),
    Entity.DEAL: _l("Deals created"),
    Entity.TASK: _l("Tasks created"),
}
ARROWS = {"up": "↑", "down": "↓", "": ""}


@dataclass(frozen=True)
class Tile:
    """`note` is what is to be known of the figure, or why there is none."""

    label: str
    figure: str
    href: str
    note: str = ""
    arrow: str = ""


@dataclass(frozen=True)
class Row:
    title: str
    tiles: list[Tile]


@dataclass(frozen=True)
class Processing:
    """What is so now, whatever the period: calls not done with, the last notification."""

    waiting: int
    notified_at: datetime | None
    now: datetime


def tile_rows(
    figures: Figures, promises: Promises, processing: Processing, place: Place
) -> list[Row]:
    return [
        Row(_("Calls"), [*_calls(figures, place), *_answers(figures, promises, place)]),
        Row(_("Created in Behomes"), _made(figures, place)),
        Row(_("Into the CRM"), _processing(figures, processing, place)),
    ]


def seconds(tenths: int | None) -> str:
    """ "2 s", "1.4 s", "3:05": as short as one says it."""
    if tenths is None:
        return "–"
    if tenths >= 600:
        return duration(tenths // 10)
    number = format_decimal(
        tenths / 10 if tenths < 100 else tenths // 10, format="0.#", locale=get_locale()
    )
    return _("%(number)s s", number=number)


def _calls(figures: Figures, place: Place) -> list[Tile]:
    now, before, period = figures.now, figures.before, place.period
    return [
        _counted(_("All calls"), now.all, before.all, place.calls(period=period), figures),
        _counted(
            _("Incoming calls"),
            now.incoming,
            before.incoming,
            place.calls(period=period, direction="inbound"),
            figures,
        ),
        _counted(
            _("Outgoing calls"),
            now.outgoing,
            before.outgoing,
            place.calls(period=period, direction="outbound"),
            figures,
        ),
        _counted(
            _("Lost calls"),
            now.lost,
            before.lost,
            place.calls(period=period, direction="inbound", outcome="lost"),
            figures,
        ),
    ]


def _answers(figures: Figures, promises: Promises, place: Place) -> list[Tile]:
    now = figures.now
    answered = place.calls(period=place.period, direction="inbound", outcome="answered")
    share = None if now.lost_share is None else 1 - now.lost_share
    return [
        Tile(_("Incoming answered"), percent(share), answered, _answered_note(now)),
        Tile(
            _("Time to answer"),
            seconds(_tenths(now.wait.median)),
            answered,
            _spread_note(now.wait, scale=10) or _("no incoming call was answered"),
        ),
        *_promises(promises, place),
    ]


def _answered_note(now: Counts) -> str:
    known = now.answered + now.lost
    if not known:
        return _("no incoming call has ended")
    return _("%(count)s of %(total)s", count=now.answered, total=known)


def _promises(promises: Promises, place: Place) -> list[Tile]:
    href = url_for("callbacks.report", id=place.integration.id, days=DAYS[PeriodWord(place.period)])
    waiting = ngettext("%(num)d still waits", "%(num)d still wait", promises.waiting)
    if not promises.opened:
        nothing = _("nobody had to be called back")
        return [
            Tile(_("Called back"), "–", href, nothing),
            Tile(_("Called back after"), "–", href, nothing),
        ]
    told = _("%(count)s of %(total)s", count=promises.reached, total=promises.opened)
    after = seconds(_tenths(promises.wait.median))
    note = _spread_note(promises.wait, scale=10)
    return [
        Tile(_("Called back"), told, href, waiting if promises.waiting else _("nobody waits")),
        Tile(
            _("Called back after"),
            after,
            href,
            _("of working time; %(note)s", note=note) if note else _("nobody was reached yet"),
        ),
    ]


def _made(figures: Figures, place: Place) -> list[Tile]:
    return [
        _counted(
            str(label),
            figures.now.made.get(kind, 0),
            figures.before.made.get(kind, 0),
            place.calls(period=place.period, created=str(kind)),
            figures,
        )
        for kind, label in MADE.items()
    ]


def _processing(figures: Figures, processing: Processing, place: Place) -> list[Tile]:
    now = figures.now
    delay = now.delay
    return [
        Tile(
            _("After the call, usually in the CRM in"),
            seconds(delay.median),
            place.calls(period=place.period, state="written"),
            _spread_note(delay, scale=1) or _("no call was written yet"),
        ),
        Tile(
            _("Waiting now"),
            str(processing.waiting),
            place.calls(state="waiting"),
            _("going on or not written yet") if processing.waiting else _("everything is done"),
        ),
        _counted(
            _("Errors"),
            now.failed,
            figures.before.failed,
            place.calls(period=place.period, state="failed"),
            figures,
        ),
        _last_notification(processing, place),
    ]


def _last_notification(processing: Processing, place: Place) -> Tile:
    label, href = _("Last notification"), url_for("journal.index", id=place.integration.id)
    if processing.notified_at is None:
        return Tile(label, "–", href, _("CallGear has not sent any yet"))
    at = processing.notified_at
    is_today = (processing.now - at).total_seconds() < 86_400
    date = format_date(at, "d MMMM", locale=get_locale())
    return Tile(label, clock(at, place.zone), href, _("from CallGear") if is_today else date)


def _counted(label: str, count: int, before: int, href: str, figures: Figures) -> Tile:
    trend = "up" if count > before else "down" if count < before else ""
    words = CHANGES[figures.span.period][trend]
    note = str(words) % {"num": _number(abs(count - before))}
    return Tile(label, _number(count), href, note, ARROWS[trend])


def _number(count: int) -> str:
    return str(format_decimal(count, locale=get_locale()))


def _spread_note(spread: Spread, *, scale: int) -> str:
    if spread.p95 is None:
        return ""
    return _("95 of 100 within %(time)s", time=seconds(spread.p95 * scale))


def _tenths(whole: int | None) -> int | None:
    return None if whole is None else whole * 10
