"""What stands around every page: navigation, integrations, banners, language and theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints.access import visible_integrations
from blueprints.language import LOCALES, THEMES, select_locale, select_theme
from blueprints.security import HTMX_CDN, HTMX_INTEGRITY, is_htmx_local
from models import Integration
from services import callback_lists

bp = Blueprint("shell", __name__)


@dataclass(frozen=True)
class Place:
    """A link of the top bar: an endpoint that takes an integration's `id`, unless it is not
    `of_integration`. It is the current place on all pages of its blueprint and of the others named
    here."""

    endpoint: str
    label: LazyString
    for_employees: bool = False
    for_admins: bool = True
    of_integration: bool = True
    others: tuple[str, ...] = ()
    count: Callable[[int], int] | None = None

    @property
    def blueprints(self) -> tuple[str, ...]:
        return (self.endpoint.partition(".")[0], *self.others)

    def address(self, integration_id: int) -> str:
        if self.of_integration:
            return url_for(self.endpoint, id=integration_id)
        return url_for(self.endpoint)


# Overview, calls, call-backs, journal, set-up: a page that comes adds its line here, in this order.
NAVIGATION = (
    Place("dashboard.index", _l("Overview"), others=("accounted",)),
    Place("console.index", _l("Calls"), for_employees=True, for_admins=False, of_integration=False),
    Place("calls.index", _l("Calls"), others=("recording_settings",)),
    Place(
        "callbacks.index",
        _l("Call back"),
        for_employees=True,
        count=callback_lists.count_open,
    ),
    Place("journal.index", _l("Journal"), others=("journal_replay",)),
    Place("calls.index", _l("History"), for_employees=True, for_admins=False),
    Place(
        "setup.home",
        _l("Settings"),
        others=(
            "versions",
            "settings_files",
            "try_call",
            "rehearse",
            "people",
            "inviting",
            "embed",
            "privacy",
            "change_log",
        ),
    ),
)


@dataclass(frozen=True)
class Link:
    """`count`: how many things wait there, None where nothing is counted."""

    label: str
    href: str
    is_current: bool
    name: str
    count: int | None = None


@dataclass(frozen=True)
class Banner:
    """One sentence and at most one action above the page."""

    text: str
    tone: str = "info"
    icon: str = "info"
    action: str = ""
    href: str = ""


@dataclass(frozen=True)
class Shell:
    locale: str
    theme: str
    htmx_cdn: str
    htmx_integrity: str
    integration: Integration | None
    integrations: list[Integration]
    navigation: list[Link]
    banners: list[Banner]
    nav_at_bottom: bool
    locales: tuple[tuple[str, str], ...] = LOCALES
    themes: tuple[tuple[str, Any], ...] = THEMES


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    state.app.context_processor(lambda: {"shell": describe_shell()})


def describe_shell() -> Shell:
    """All that layout.html shows around the content. Error pages are shown with it too."""
    is_inside = current_user.is_authenticated and not g.get("is_broken", False)
    integrations = visible_integrations() if is_inside else []
    integration = g.get("integration") or next(iter(integrations), None)
    return Shell(
        locale=select_locale(),
        theme=select_theme(),
        htmx_cdn="" if is_htmx_local() else HTMX_CDN,
        htmx_integrity=HTMX_INTEGRITY,
        integration=integration,
        integrations=integrations,
        navigation=_navigation(integration) if integration else [],
        banners=_banners(integration) if is_inside else [],
        nav_at_bottom=is_inside and not current_user.is_admin,
    )


def _navigation(integration: Integration) -> list[Link]:
    is_admin = current_user.is_admin
    places = [each for each in NAVIGATION if (each.for_admins if is_admin else each.for_employees)]
    return [
        Link(
            str(place.label),
            place.address(integration.id),
            request.blueprint in place.blueprints,
            place.blueprints[0],
            # An error page counts nothing: the database may be what is broken.
            None if g.get("is_broken", False) or not place.count else place.count(integration.id),
        )
        for place in places
    ]


def _banners(integration: Integration | None) -> list[Banner]:
    banners = [_restored()] if g.get("is_form_restored") else []
    if integration and integration.crm_account.breaker == "key":
        banners.append(_key_refused(integration))
    if integration and integration.paused_at:
        banners.append(
            Banner(
                _("Processing is paused: calls are kept and will be worked on later."),
                tone="warn",
                icon="pause",
            )
        )
    if current_app.extensions["config"].demo and current_user.is_admin:
        banners.append(_demo())
    return banners


def _restored() -> Banner:
    return Banner(
        _("We have kept what you typed: check it and press “Save”."), tone="warn", icon="square-pen"
    )


def _key_refused(integration: Integration) -> Banner:
    return Banner(
        _(
            "Behomes no longer accepts the API key of “%(title)s”. Calls are kept and will be"
            " written after the key is replaced.",
            title=integration.title,
        ),
        tone="error",
        icon="key-round",
        action=_("Replace the key") if current_user.is_admin else "",
        href=url_for("setup.auth", id=integration.id) if current_user.is_admin else "",
    )


def _demo() -> Banner:
    is_there = request.blueprint == "demo"
    return Banner(
        _("Demo: calls and people are made up."),
        icon="info",
        action="" if is_there else _("Make a trial call"),
        href="" if is_there else url_for("demo.index"),
    )
