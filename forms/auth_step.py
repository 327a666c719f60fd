"""What an admin types to connect an integration: its name, both keys, addresses, zone, language.

Whether a key works is not asked here; an empty key field keeps the stored key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from forms.document import options
from forms.long_select import LongSelectWidget

ENTER_TITLE = _l("Enter a name.")
TITLE_TOO_LONG = _l("Use 80 characters at most.")
ENTER_KEY = _l("Enter the API key.")
CHOOSE_ZONE = _l("Choose a time zone from the list.")
CHOOSE_COUNTRY = _l("Choose a country from the list.")
NOT_AN_ADDRESS = _l("Enter a web address that begins with https://, without ? and #.")
NOT_ALLOWED = _l(
    "This server may not call %(host)s. Allowed are: %(hosts)s. The operator of the server adds"
    " hosts to API_HOSTS."
)
MOST_SOURCES = 100
TOO_MANY_SOURCES = _l("Enter at most %(most)s addresses or networks.")
NOT_A_SOURCE = _l("“%(line)s” is not an address or a network. Enter one per line.")


@dataclass(frozen=True)
class Offered:
    """What can be chosen, and which addresses may be called."""

    countries: Iterable[tuple[str, str]]
    zones: Iterable[tuple[str, str]]
    allows: Callable[[str], bool]
    hosts: tuple[str, ...]


def trimmed(text: str | None) -> str | None:
    return text.strip() if text else text


def key_field(label: LazyString) -> PasswordField:
    return PasswordField(label, [Optional(), Length(max=500)], filters=[trimmed])


def address_field(label: LazyString) -> StringField:
    return StringField(label, [Length(max=300)], filters=[trimmed])


class ConnectionForm(FlaskForm):
    """What every integration has; a new one is made of it."""

    title = StringField(
        _l("Name"), [InputRequired(ENTER_TITLE), Length(max=80, message=TITLE_TOO_LONG)]
    )
    api_key = key_field(_l("API key"))
    # What was typed and is not stored yet, sealed by this server: nobody has to type it again.
    api_key_held = HiddenField()
    behomes_url = address_field(_l("Address of Behomes"))
    timezone = SelectField(_l("Time zone"), [InputRequired(CHOOSE_ZONE)], widget=LongSelectWidget())
    default_country = SelectField(
        _l("Default country for numbers"),
        [InputRequired(CHOOSE_COUNTRY)],
        widget=LongSelectWidget(),
    )
    locale = RadioField(_l("Language"), choices=options(("ru", "Русский"), ("en", "English")))

    def __init__(self, offered: Offered, formdata: Any, **values: Any) -> None:
        super().__init__(formdata=formdata, **values)
        self._offered = offered
        self.timezone.choices = options(*offered.zones)
        self.default_country.choices = options(*offered.countries)

    def validate_title(self, field: StringField) -> None:
        field.data = " ".join((field.data or "").split())
        if not field.data:
            raise ValidationError(str(ENTER_TITLE))

    def validate_behomes_url(self, field: StringField) -> None:
        field.data = self.checked_address(field.data or "")

    def checked_address(self, text: str) -> str:
        try:
            parts = urlsplit(text)
        except ValueError as error:  # brackets that do not close, signs that look like others
            raise ValidationError(str(NOT_AN_ADDRESS)) from error
        is_odd = parts.query or parts.fragment or parts.username
        if parts.scheme not in ("http", "https") or not parts.hostname or is_odd:
            raise ValidationError(str(NOT_AN_ADDRESS))
        if not self._offered.allows(text):
            hosts = ", ".join(self._offered.hosts)
            raise ValidationError(str(NOT_ALLOWED) % {"host": parts.netloc, "hosts": hosts})
        return text.rstrip("/")


class NewIntegrationForm(ConnectionForm):
    """A new integration cannot be made without a key."""

    def require_key(self) -> bool:
        """Put an error on the key if none was typed, now or before; False then."""
        if self.api_key.data or self.api_key_held.data:
            return True
        self.api_key.errors = [*self.api_key.errors, str(ENTER_KEY)]
        return False


class AuthStepForm(ConnectionForm):
    access_token = key_field(_l("CallGear access key"))
    access_token_held = HiddenField()
    data_api_url = address_field(_l("Address of CallGear's Data API"))
    call_api_url = address_field(_l("Address of CallGear's Call API"))
    require_secret = BooleanField(_l("Take only notifications that carry the secret"))
    sources = TextAreaField(_l("Take notifications only from these addresses"))

    def validate_data_api_url(self, field: StringField) -> None:
        field.data = self.checked_address(field.data or "")

    def validate_call_api_url(self, field: StringField) -> None:
        field.data = self.checked_address(field.data or "")

    def validate_sources(self, field: TextAreaField) -> None:
        lines = self.source_lines()
        if len(lines) > MOST_SOURCES:  # each notification is held against all of them
            raise ValidationError(str(TOO_MANY_SOURCES) % {"most": MOST_SOURCES})
        for line in lines:
            try:
                ip_network(line, strict=False)
            except ValueError as error:
                raise ValidationError(str(NOT_A_SOURCE) % {"line": line[:60]}) from error

    def source_lines(self) -> list[str]:
        lines = (self.sources.data or "").replace(",", "\n").splitlines()
        return [line.strip() for line in lines if line.strip()]
