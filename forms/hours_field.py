"""Working hours: around the clock, or from-till for each day of the week.

Inputs, for a field named `working_hours`: `working_hours-mode` (always, hours), and for each day
(1 is Monday) any number of `working_hours-1-from` and `working_hours-1-till`. An empty pair counts
as not there; a day without pairs is a day off.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import Field, ValidationError

from rules.settings_labels import day_name
from rules.working_hours import END_OF_DAY, WEEKDAYS, minutes_of

ALWAYS, HOURS = "always", "hours"
OFFERED = {day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
Pairs = list[list[str]]


class HoursField(Field):
    """`data` is None around the clock, else weekday -> pairs, as in the settings document."""

    pairs: dict[str, Pairs]

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        self.pairs = {day: (data or OFFERED).get(day, []) for day in WEEKDAYS}
        if formdata is None or self.name not in formdata.getlist("shown"):
            return
        is_always = formdata.get(f"{self.name}-mode", ALWAYS) != HOURS
        if not is_always:
            self.pairs = {day: self._read(formdata, day) for day in WEEKDAYS}
        self.data = None if is_always else {day: _stored(self.pairs[day]) for day in WEEKDAYS}

    @property
    def mode(self) -> str:
        return ALWAYS if self.data is None else HOURS

    @property
    def days(self) -> list[tuple[str, str, Pairs]]:
        """Number, name, and the pairs to show: one at least, the end of the day as 00:00."""
        return [
            (day, self.name_of(day), [[since, _shown(till)] for since, till in pairs] or [["", ""]])
            for day, pairs in self.pairs.items()
        ]

    def name_of(self, day: str) -> str:
        locale = get_locale()
        return day_name(day, locale.language if locale else "ru").capitalize()

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        wrong = [text for day in WEEKDAYS for text in self._errors(day)]
        if not wrong and not any(self.data.values()):
            wrong = [_("Enter the hours of one day at least, or choose “Around the clock”.")]
        if wrong:
            raise ValidationError(" ".join(wrong))

    def _read(self, formdata: Any, day: str) -> Pairs:
        since = formdata.getlist(f"{self.name}-{day}-from")
        till = formdata.getlist(f"{self.name}-{day}-till")
        typed = zip(since, till, strict=False)
        return [[first.strip(), last.strip()] for first, last in typed if first or last]

    def _errors(self, day: str) -> list[str]:
        pairs, name = _stored(self.pairs[day]), self.name_of(day)
        if any(not _is_clock(time) for pair in pairs for time in pair):
            return [_("%(day)s: enter both times, such as 09:00 and 18:00.", day=name)]
        minutes = sorted((minutes_of(first), minutes_of(last)) for first, last in pairs)
        if any(first >= last for first, last in minutes):
            return [_("%(day)s: the day has to end after it starts.", day=name)]
        if any(minutes[at][1] > minutes[at + 1][0] for at in range(len(minutes) - 1)):
            return [_("%(day)s: the times overlap.", day=name)]
        return []


def _stored(pairs: Pairs) -> Pairs:
    """A day that ends at midnight ends at 24:00."""
    return [[first, END_OF_DAY if last == "00:00" else last] for first, last in pairs]


def _shown(till: str) -> str:
    return "00:00" if till == END_OF_DAY else till


def _is_clock(text: str) -> bool:
    return text == END_OF_DAY or _CLOCK.fullmatch(text) is not None
