"""The charts of the overview: each with the finding as its title, a drawing and a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_percent
from flask import url_for
from flask_babel import LazyString, get_locale, lazy_pgettext
from flask_babel import gettext as _

from blueprints.charts import Bar, Box, Drawing, Part, draw, lay
from blueprints.reasons import Names
from blueprints.shown import clock, phone
from models import Integration
from rules.figures import Column, Figures, Group
from rules.periods import PeriodWord
from rules.vocabulary import Outcome
from services.call_filter import NONE

# From the foot of a bar up; what is lost stands on top.
ORDER = (Outcome.ANSWERED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.LOST)
# Of several calls; the words of one call stand in `words.py`.
KINDS: Mapping[str, LazyString] = {
    Outcome.ANSWERED: lazy_pgettext("calls", "Answered"),
    Outcome.FAILED: lazy_pgettext("calls", "Unsuccessful"),
    Outcome.UNKNOWN: lazy_pgettext("calls", "Not known yet"),
    Outcome.LOST: lazy_pgettext("calls", "Lost"),
}
MOST_ROWS = 7


@dataclass(frozen=True)
class TableRow:
    """`href` leads to the calls that are counted; `boxes` are the lying bar of the row."""

    name: str
    cells: tuple[str, ...]
    href: str = ""
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A title that says the finding, what is drawn, and the same in a table."""

    id: str
    title: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]
    drawing: Drawing | None = None
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Place:
    """What the names in charts need: the office, its people, and its numbers with their names."""

    integration: Integration
    names: Names
    lines: Mapping[str, str | None]
    period: str

    def calls(self, **wanted: str) -> str:
        """The list of calls with this filter."""
        values: dict[str, Any] = {"id": self.integration.id, **wanted}
        return url_for("calls.index", **values)

    @property
    def zone(self) -> str:
        return self.integration.timezone


def charts(figures: Figures, place: Place) -> list[Chart]:
    """Those of the left column, then people and sources; none without calls."""
    if not figures.now.all:
        return []
    return [
        _calls(figures, place),
        *([_lost(figures, place)] if figures.now.answered + figures.now.lost else []),
        _people(figures, place),
        _sources(figures, place),
    ]


def percent(share: float | None) -> str:
    return "–" if share is None else str(format_percent(share, locale=get_locale()))


def _calls(figures: Figures, place: Place) -> Chart:
    busiest = max(figures.columns, key=lambda column: column.count)
    words = {"when": _when(busiest.begin, figures, place), "count": busiest.count}
    rows = tuple(
        TableRow(
            _when(column.begin, figures, place),
            (str(column.count), *(f"{part.count:g}" for part in _parts(column))),
            _day_href(column.begin, figures, place),
        )
        for column in _begun(figures)
    )
    bars = [
        Bar(_word(column.begin, figures, place), _parts(column), str(column.count))
        for column in figures.columns
    ]
    return Chart(
        "chart-calls",
        _("Most calls %(when)s: %(count)s", **words),
        _("Calls by time and result"),
        (_("Calls"), *(str(KINDS[kind]) for kind in ORDER)),
        rows,
        draw(bars),
        tuple((str(kind), str(KINDS[kind])) for kind in ORDER),
    )


def _begun(figures: Figures) -> list[Column]:
    """Without the hours of today that are still to come."""
    return [column for column in figures.columns if column.begin <= figures.span.now]


def _parts(column: Column) -> tuple[Part, ...]:
    """What has no outcome yet counts as not known."""
    counts = {kind: column.outcomes.get(kind, 0) for kind in ORDER}
    counts[Outcome.UNKNOWN] += column.outcomes.get("", 0)
    return tuple(Part(str(kind), counts[kind]) for kind in ORDER)


def _lost(figures: Figures, place: Place) -> Chart:
    shares = [column.lost_share or 0 for column in figures.columns]
    worst = figures.columns[shares.index(max(shares))]
    if figures.now.lost:
        title = _(
            "%(share)s of incoming calls were lost, most %(when)s: %(worst)s",
            share=percent(figures.now.lost_share),
            when=_when(worst.begin, figures, place),
            worst=percent(worst.lost_share),
        )
    else:
        title = _("No incoming call was lost")
    bars = [
        Bar(
            _word(column.begin, figures, place),
            (Part(str(Outcome.LOST), share),),
            percent(share),
        )
        for column, share in zip(figures.columns, shares, strict=True)
    ]
    rows = tuple(
        TableRow(
            _when(column.begin, figures, place),
            (percent(column.lost_share), str(column.lost), str(column.lost + column.answered)),
            _day_href(column.begin, figures, place, direction="inbound", outcome="lost"),
        )
        for column in _begun(figures)
    )
    heads = (_("Lost share"), str(KINDS[Outcome.LOST]), _("Answered and lost"))
    caption = _("Share of lost incoming calls")
    return Chart("chart-lost", title, caption, heads, rows, draw(bars))


def _people(figures: Figures, place: Place) -> Chart:
    def name(group: Group) -> str:
        return place.names.employee(group.key) if group.key else _("Nobody")

    def href(group: Group) -> str:
        return place.calls(period=place.period, whose=group.key or NONE)

    return _ranking("chart-people", _("Calls by employee"), figures.employees, name, href)


def _sources(figures: Figures, place: Place) -> Chart:
    def name(group: Group) -> str:
        if group.sort == "campaign":
            return group.key
        return place.lines.get(group.key) or phone(group.key) or _("No source")

    def href(group: Group) -> str:
        if group.sort == "campaign":
            return place.calls(period=place.period, campaign=group.key)
        return place.calls(period=place.period, campaign=NONE, line=group.key or NONE)

    return _ranking("chart-sources", _("Calls by source"), figures.sources, name, href)


def _ranking(
    id: str,
    caption: str,
    groups: Sequence[Group],
    name: Callable[[Group], str],
    href: Callable[[Group], str],
) -> Chart:
    """The largest groups, then all others in one row; the rows add up to all calls."""
    total = sum(group.count for group in groups)
    first = groups[0]
    title = (
        _(
            "Most calls: %(name)s, %(count)s of %(total)s",
            name=name(first),
            count=first.count,
            total=total,
        )
        if first.key
        else caption
    )
    shown, others = groups[:MOST_ROWS], groups[MOST_ROWS:]
    most = max(group.count for group in groups)
    rows = [_ranked(group, name(group), href(group), most) for group in shown]
    if others:
        rest = Group(
            "",
            "",
            sum(group.count for group in others),
            sum(group.answered for group in others),
            sum(group.lost for group in others),
            sum(group.failed for group in others),
        )
        rows.append(_ranked(rest, _("All others"), "", max(most, rest.count)))
    heads = (_("Calls"), str(KINDS[Outcome.ANSWERED]), str(KINDS[Outcome.LOST]))
    return Chart(id, title, caption, heads, tuple(rows))


def _ranked(group: Group, name: str, href: str, most: int) -> TableRow:
    other = group.count - group.answered - group.failed - group.lost
    parts = (
        Part(str(Outcome.ANSWERED), group.answered),
        Part(str(Outcome.FAILED), group.failed),
        Part(str(Outcome.UNKNOWN), other),
        Part(str(Outcome.LOST), group.lost),
    )
    cells = (str(group.count), str(group.answered), str(group.lost))
    return TableRow(name, cells, href, lay(parts, most))


def _when(begin: datetime, figures: Figures, place: Place) -> str:
    """In the middle of a sentence: "at 11:00", "on 5 March"."""
    if figures.span.period is PeriodWord.TODAY:
        return _("at %(time)s", time=clock(begin, place.zone))
    local = begin.astimezone(ZoneInfo(place.zone))
    return _("on %(date)s", date=format_date(local, "d MMMM", locale=get_locale()))


def _word(begin: datetime, figures: Figures, place: Place) -> str:
    """Below a bar."""
    local = begin.astimezone(ZoneInfo(place.zone))
    if figures.span.period is PeriodWord.TODAY:
        return f"{local:%H}"
    pattern = "EEE d" if figures.span.period is PeriodWord.WEEK else "d.MM"
    return str(format_date(local, pattern, locale=get_locale()))


def _day_href(begin: datetime, figures: Figures, place: Place, **wanted: str) -> str:
    if figures.span.period is PeriodWord.TODAY:
        return ""
    day = begin.astimezone(ZoneInfo(place.zone)).date().isoformat()
    return place.calls(**{"from": day, "till": day}, **wanted)
