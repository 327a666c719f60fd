"""Phone numbers in the settings: the ignore list, and the number that clients see."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import TextAreaField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.widgets import TextInput

from forms.choice_fields import IdField
from rules.choices import Choices
from rules.pbx import VirtualNumber
from rules.phones import Phone, digits_of, normalise, pretty

NAMED_AT_ONCE = 5
FIRST_ACTIVE = _l("The first active number")
NOT_A_NUMBER = _l("This does not look like a phone number. Write it like +971 4 000 0001.")


class NumbersField(TextAreaField):
    """One number per line, shown as people read them and stored in one spelling; `data` is a
    list. `country` is for numbers without one."""

    country = ""

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())
        self.typed = "\n".join(_readable(number) for number in self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.typed = valuelist[0]
            self.data = [line.strip() for line in self.typed.splitlines() if line.strip()]

    def offer(self, choices: Choices) -> None:
        """The country is known only now: bring what was typed to one spelling."""
        self.country = choices.country
        if self.raw_data:
            known = [normalise(line, country=self.country) for line in self.data]
            self.wrong = [line for line, phone in zip(self.data, known, strict=True) if not phone]
            self.data = list(dict.fromkeys(phone.value for phone in known if phone))

    def _value(self) -> str:
        return self.typed

    def pre_validate(self, form: Any) -> None:
        wrong = getattr(self, "wrong", [])
        if wrong:
            named = ", ".join(f"«{line[:40]}»" for line in wrong[:NAMED_AT_ONCE])
            text = ngettext(
                "%(num)d line is not a phone number: %(lines)s.",
                "%(num)d lines are not phone numbers: %(lines)s.",
                len(wrong),
                lines=named,
            )
            raise ValidationError(text)


class OwnNumberField(IdField):
    """A virtual number of the account; a free text while its list is not known. `data` is E.164."""

    is_listed = False
    country = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].strip()

    def offer(self, choices: Choices) -> None:
        self.country, self.is_listed = choices.country, bool(choices.numbers)
        if not self.is_listed:
            self.widget = TextInput()
            self._keep_normalised()
            return
        self._keep_normalised()
        ordered = sorted(choices.numbers, key=lambda each: not each.active)
        first = next((each for each in ordered if each.active), None)
        label = f"{FIRST_ACTIVE}: {_name(first)}" if first else str(FIRST_ACTIVE)
        offered = [SelectChoice("", label), *(self._choice(each) for each in ordered)]
        if self.data and self.data == self._stored_value:
            known = {each.value for each in offered}
            gone = _("%(name)s (deleted in CallGear)", name=_readable(self.data))
            offered += [] if self.data in known else [SelectChoice(self.data, gone)]
        self.choices = offered

    def pre_validate(self, form: Any) -> None:
        if self.is_listed:
            super().pre_validate(form)
        elif self.data and normalise(self.data, country=self.country) is None:
            raise ValidationError(str(NOT_A_NUMBER))

    def _value(self) -> str:
        return _readable(self.data or "")

    @property
    def _stored_value(self) -> str:
        return _one_spelling(self.stored, self.country)

    def _keep_normalised(self) -> None:
        self.data = _one_spelling(self.data or "", self.country)

    def _choice(self, number: VirtualNumber) -> SelectChoice:
        value = _one_spelling(number.number, self.country)
        if number.active:
            return SelectChoice(value, _name(number))
        label = _("%(name)s (switched off)", name=_name(number))
        return SelectChoice(value, label, {} if value == self._stored_value else {"disabled": True})


def _one_spelling(number: str, country: str) -> str:
    known = normalise(number, country=country)
    return known.value if known else number


def _name(number: VirtualNumber) -> str:
    shown = _readable(number.number)
    return f"{shown} · {number.name}" if number.name else shown


def _readable(number: str) -> str:
    """`+971 50 123 4567`; what is no valid number as it is."""
    known = normalise(number, country="")
    return pretty(known) if isinstance(known, Phone) and digits_of(number) else number
