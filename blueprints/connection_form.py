"""The form of an integration's connection: filled from what is stored, read into what was typed."""

from __future__ import annotations

from typing import Any

from flask import current_app

from blueprints.regional_choices import countries, zones
from forms.auth_step import AuthStepForm, NewIntegrationForm, Offered
from models import Integration
from services.integration_file import Behomes, CallGear, IntegrationFile
from services.office_details import Details
from services.ports import Ports
from services.save_connection import VENDOR, Typed
from services.shown_keys import held, hold

BEHOMES_URL = "https://api.behomes.tech"
NEW_PLACE = "new"
# The fields for keys of `AuthStepForm`.
KEYS = ("api_key", "access_token")


def ports() -> Ports:
    found: Ports = current_app.extensions["ports"]
    return found


def auth_form(integration: Integration, formdata: Any) -> AuthStepForm:
    return AuthStepForm(
        _offered(integration.timezone),
        formdata,
        title=integration.title,
        behomes_url=integration.behomes_base_url,
        data_api_url=integration.data_api_url or VENDOR.data_api_url,
        call_api_url=integration.call_api_url or VENDOR.call_api_url,
        timezone=integration.timezone,
        default_country=integration.default_country,
        locale=integration.locale,
        require_secret=integration.require_secret,
        sources="\n".join(integration.sources),
    )


def new_form(formdata: Any, locale: str) -> NewIntegrationForm:
    allowed = [BEHOMES_URL, *(f"http://{host}" for host in _hosts() if host.startswith("127."))]
    return NewIntegrationForm(
        _offered("Asia/Dubai"),
        formdata,
        title="CallGear",
        behomes_url=next((url for url in allowed if ports().http.allows(url)), BEHOMES_URL),
        timezone="Asia/Dubai",
        default_country="AE",
        locale=locale,
    )


def read_typed(form: AuthStepForm, integration_id: int) -> Typed:
    return Typed(
        behomes_url=form.behomes_url.data,
        api_key=typed_key(form, "api_key", str(integration_id)),
        data_api_url=form.data_api_url.data,
        call_api_url=form.call_api_url.data,
        access_token=typed_key(form, "access_token", str(integration_id)),
    )


def read_details(form: AuthStepForm) -> Details:
    return Details(
        title=form.title.data or "",
        timezone=form.timezone.data,
        default_country=form.default_country.data,
        locale=form.locale.data,
        require_secret=bool(form.require_secret.data),
        sources=form.source_lines(),
    )


def read_file(form: NewIntegrationForm) -> IntegrationFile:
    key = typed_key(form, "api_key", NEW_PLACE) or ""
    return IntegrationFile(
        title=form.title.data or "",
        timezone=form.timezone.data,
        default_country=form.default_country.data,
        locale=form.locale.data,
        behomes=Behomes(base_url=form.behomes_url.data or "", api_key=key),
        callgear=CallGear(),
    )


def typed_key(form: Any, name: str, place: str) -> str | None:
    """The key that was typed now, else the one typed before that is not stored yet."""
    text: str | None = form[name].data
    return text or held(ports().vault, f"{place}.{name}", form[f"{name}_held"].data) or None


def hold_key(form: Any, name: str, place: str) -> None:
    """Let the page carry a key that was not stored; what was held before is forgotten."""
    key = typed_key(form, name, place)
    form[f"{name}_held"].data = hold(ports().vault, f"{place}.{name}", key) if key else ""


def _offered(zone: str) -> Offered:
    return Offered(countries(), zones(zone), ports().http.allows, _hosts())


def _hosts() -> tuple[str, ...]:
    return tuple(current_app.extensions["config"].api_hosts)
