"""The countries that may be called: the integration's own, or those that are ticked.

Inputs, for a field named `countries`: `countries-mode` (own, chosen) and any number of `countries`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from phonenumbers import SUPPORTED_REGIONS
from wtforms import Field, ValidationError

from rules.choices import Choices

OWN, CHOSEN = "own", "chosen"
NONE_TICKED = _l("Tick one country at least.")
UNKNOWN = _l("Choose countries from the list.")


class CountriesField(Field):
    """`data` is None for the integration's own country, else a list of codes."""

    own = ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        self.ticked = list(data or ())
        if formdata is None or self.name not in formdata.getlist("shown"):
            return
        is_own = formdata.get(f"{self.name}-mode", OWN) != CHOSEN
        if not is_own:
            self.ticked = formdata.getlist(self.name)
        self.data = None if is_own else self.ticked

    def offer(self, choices: Choices) -> None:
        self.own = choices.country
        if self.data is None and not self.ticked:
            self.ticked = [self.own]

    @property
    def mode(self) -> str:
        return OWN if self.data is None else CHOSEN

    @property
    def own_name(self) -> str:
        return country_name(self.own)

    @property
    def countries(self) -> list[tuple[str, str, bool]]:
        """Code, name and whether it is ticked: the ticked ones first, then by name."""
        named = [(code, name, code in self.ticked) for code, name in _named(_locale()).items()]
        return sorted(named, key=lambda each: not each[2])

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        if not self.data:
            raise ValidationError(str(NONE_TICKED))
        if not set(self.data) <= SUPPORTED_REGIONS:
            raise ValidationError(str(UNKNOWN))


def country_name(code: str) -> str:
    """In the reader's language; an unknown code as it is."""
    return _named(_locale()).get(code, code)


@lru_cache(maxsize=4)
def _named(locale: str) -> dict[str, str]:
    names = Locale(locale).territories
    known = {code: names[code] for code in SUPPORTED_REGIONS if code in names}
    return dict(sorted(known.items(), key=lambda each: each[1].casefold().replace("ё", "е")))


def _locale() -> str:
    locale = get_locale()
    return locale.language if locale else "ru"
