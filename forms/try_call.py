"""What a person chooses for a call that is tried out; all of it stands in the query string."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from rules.phones import SHORTEST, digits_of
from rules.trial import TrialCall, example_parameters
from rules.vocabulary import Direction

NEW, KNOWN, TYPED, HIDDEN = "new", "known", "typed", "hidden"
ANSWERED, MISSED, TRANSFERRED = "answered", "missed", "transferred"
LONGEST_TALK = 14_400
SOURCE, CAMPAIGN = "Google Ads", "Spring"
Options = Iterable[tuple[str, Any]]


class TryCallForm(FlaskForm):
    """A form that only asks: it is sent by GET and changes nothing, so it needs no token."""

    class Meta:
        csrf = False

    direction = RadioField(
        _l("Direction"),
        choices=[
            SelectChoice(str(Direction.INBOUND), _l("Incoming")),
            SelectChoice(str(Direction.OUTBOUND), _l("Outgoing")),
        ],
        default=str(Direction.INBOUND),
    )
    who = RadioField(
        _l("Whose number"),
        choices=[
            SelectChoice(NEW, _l("A new client: Behomes does not know the number")),
            SelectChoice(KNOWN, _l("A client from Behomes")),
            SelectChoice(TYPED, _l("A number of my own")),
            SelectChoice(HIDDEN, _l("The number is hidden")),
        ],
        default=NEW,
    )
    responsible = SelectField(_l("Responsible for the client"))
    open_lead = BooleanField(_l("has an open lead"))
    open_deal = BooleanField(_l("has an open deal"))
    number = StringField(
        _l("Number"), [Length(max=40)], filters=[lambda text: (text or "").strip()]
    )
    outcome = RadioField(
        _l("How the call went"),
        choices=[
            SelectChoice(ANSWERED, _l("Answered")),
            SelectChoice(MISSED, _l("Nobody answered")),
            SelectChoice(TRANSFERRED, _l("Answered and transferred")),
        ],
        default=ANSWERED,
    )
    caller = SelectField(_l("Who makes the call"))
    answered_by = SelectField(_l("Whose phone rings"))
    finished_by = SelectField(_l("To whom it is transferred"))
    line = SelectField(_l("Virtual number"))
    talk = IntegerField(_l("Talk, seconds"), [Optional(), NumberRange(0, LONGEST_TALK)], default=75)
    source = StringField(_l("Source"), [Length(max=200)], default=SOURCE)
    campaign = StringField(_l("Advertising campaign"), [Length(max=200)], default=CAMPAIGN)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The fields' names, as they stand in the address."""
        return tuple(name for name in vars(cls) if hasattr(getattr(cls, name), "creation_counter"))

    def offer(self, employees: Options, users: Options, lines: Options) -> None:
        """Put what can be chosen into the selects; the first of each is taken by itself."""
        unknown = SelectChoice("", _l("not known"))
        people = [*_choices(employees), unknown]
        for field in (self.caller, self.answered_by, self.finished_by):
            field.choices = people
        self.responsible.choices = [*_choices(users), SelectChoice("", _l("nobody"))]
        self.line.choices = _choices(lines) or [unknown]
        for place, field in ((0, self.caller), (0, self.answered_by), (1, self.finished_by)):
            _take_default(field, place)
        _take_default(self.responsible, 0)
        _take_default(self.line, 0)

    def validate_number(self, field: StringField) -> None:
        if self.who.data == TYPED and len(digits_of(field.data)) < SHORTEST:
            raise ValidationError(_l("Enter a phone number, for example +971 50 123 4567."))

    def trial(self, *, example: str, started_at: datetime, names: dict[str, str]) -> TrialCall:
        """The call that was chosen; `example` is the number of somebody whom nobody knows."""
        source = {"source_name": self.source.data or "", "source_new": self.source.data or ""}
        campaign = {"campaign_name": self.campaign.data or ""}
        told = example_parameters() | source | campaign
        return TrialCall(
            direction=Direction(self.direction.data),
            started_at=started_at,
            phone=self.received(example),
            is_answered=self.outcome.data != MISSED,
            is_transfer=self.outcome.data == TRANSFERRED,
            answered_by=self.answered_by.data or None,
            finished_by=self.finished_by.data or None,
            caller=self.caller.data or None,
            virtual_number=self.line.data or None,
            talk_seconds=75 if self.talk.data is None else self.talk.data,
            names=names,
            parameters={name: value for name, value in told.items() if value},
        )

    def received(self, example: str) -> str | None:
        """The number as the PBX would tell it."""
        if self.who.data == HIDDEN:
            return None
        return digits_of(self.number.data) if self.who.data == TYPED else digits_of(example)


def _choices(options: Options) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in options]


def _take_default(field: SelectField, place: int) -> None:
    """What was not asked for is the first choice, or the second where two are to differ."""
    if field.data is None:
        values = [each.value for each in field.choices]
        field.data = values[min(place, len(values) - 1)]
