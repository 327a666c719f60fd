"""The log of changes in sentences: what was changed, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.language import select_locale
from blueprints.retention_words import KINDS
from blueprints.shown import short_date
from blueprints.words import ENTITIES, word
from models import AuditEntry
from rules.audit import Area, Change
from rules.periods import read_day
from rules.settings_labels import label

NAMED = 4  # settings that a line names; the others are counted

AREAS: Mapping[Area, LazyString] = {
    Area.SETTINGS: _l("Settings"),
    Area.KEYS: _l("Keys and addresses"),
    Area.PEOPLE: _l("People and roles"),
    Area.LOGINS: _l("Logins"),
    Area.DATA: _l("Personal data"),
    Area.WORK: _l("Calls carried out again"),
    Area.SERVER: _l("Server"),
}
ICONS: Mapping[Area, str] = {
    Area.SETTINGS: "settings",
    Area.KEYS: "key-round",
    Area.PEOPLE: "users",
    Area.LOGINS: "user-round",
    Area.DATA: "contact-round",
    Area.WORK: "refresh-cw",
    Area.SERVER: "building-2",
}
SENTENCES: Mapping[Change, LazyString] = {
    Change.DRAFT_SAVED: _l("The draft was saved: %(changed)s"),
    Change.DRAFT_REPLACED: _l("The whole draft was replaced: %(changed)s"),
    Change.DRAFT_DROPPED: _l("The draft was deleted"),
    Change.PUBLISHED: _l("Version %(version)s of the settings was turned on"),
    Change.DETAILS_SAVED: _l("Details of the integration were changed: %(changed)s"),
    Change.RECORDINGS_SAVED: _l(
        "How long recordings are kept was changed: copies %(keep_days)s days, in CallGear"
        " %(pbx_days)s days"
    ),
    Change.KEPT_DAYS_SAVED: _l("How long data is kept was changed: %(days)s"),
    Change.ORIGINS_SAVED: _l("Pages that may show the pop-up: %(origins)s"),
    Change.NIGHTLY_SYNC_SAVED: _l("The nightly sync of employees: %(on)s"),
    Change.MADE: _l("The integration “%(title)s” was made"),
    Change.PAUSED: _l("Processing was paused"),
    Change.RESUMED: _l("Processing was resumed"),
    Change.DELETED: _l("The integration “%(title)s” was deleted"),
    Change.RESTORED: _l("The deleted integration was brought back"),
    Change.CONNECTION_SAVED: _l("Keys or addresses of a connection were changed: %(systems)s"),
    Change.WEBHOOK_ROTATED: _l(
        "A new webhook address was made; the old one works for %(hours)s more hours"
    ),
    Change.WEBHOOK_OFF: _l("An old webhook address was switched off"),
    Change.API_KEY_RENEWED: _l("The key of our API was replaced"),
    Change.POPUP_KEY_GIVEN: _l("%(email)s let a page show the pop-up: %(origin)s"),
    Change.POPUP_KEY_ENDED: _l("A pop-up in another page was signed out: %(origin)s"),
    Change.LOGIN_MADE: _l("A login was made: %(email)s, %(role)s"),
    Change.INVITED: _l("An invitation was made: %(email)s, %(role)s"),
    Change.INVITATION_RENEWED: _l("An invitation was made anew: %(email)s"),
    Change.INVITATION_REVOKED: _l("An invitation was revoked: %(email)s"),
    Change.JOINED: _l("%(email)s got access as %(role)s"),
    Change.LEVEL_CHANGED: _l("The role of %(email)s was changed: %(before)s → %(after)s"),
    Change.DISABLED: _l("%(email)s can no longer log in"),
    Change.ENABLED: _l("%(email)s can log in again"),
    Change.REMOVED: _l("%(email)s no longer sees this integration"),
    Change.CRM_USER_CHOSEN: _l("%(email)s was joined to the Behomes user %(crm_user)s"),
    Change.PAIR_CHANGED: _l("The pair of the Behomes user %(crm_user)s was changed"),
    Change.SYNC_STARTED: _l("A sync of employees was started"),
    Change.SYNC_STOPPED: _l("A sync of employees was stopped"),
    Change.LOGGED_IN: _l("Logged in"),
    Change.LOGGED_OUT: _l("Logged out"),
    Change.LOGIN_SLOWED: _l("Several wrong passwords in a row: the next tries have to wait"),
    Change.PASSWORD_CHANGED: _l("Changed the password; other sessions ended"),
    Change.PASSWORD_RESET: _l("The password of %(email)s was replaced; all sessions ended"),
    Change.SECOND_STEP_ON: _l("The second step of the login was turned on"),
    Change.SECOND_STEP_OFF: _l("The second step of the login was turned off: %(email)s"),
    Change.RECOVERY_CODE_USED: _l("A spare code was used at the login; left: %(left)s"),
    Change.SESSIONS_ENDED: _l("Sessions in other browsers were ended: %(count)s"),
    Change.EXPORTED: _l("The data of the number %(number)s was exported"),
    Change.ERASURE_ASKED: _l("The data of the number %(number)s is to be erased"),
    Change.ERASED: _l("The data of the number %(number)s was erased"),
    Change.CALL_REPLAYED: _l("Call %(call)s was carried out again"),
    Change.REPLAY_STARTED: _l("Calls are carried out again: %(calls)s"),
    Change.REPLAY_STOPPED: _l("Carrying calls out again was stopped"),
    Change.WRITES_REPLAYED: _l("Refused entries were sent again, calls: %(calls)s"),
    Change.WRITE_SKIPPED: _l("A refused entry was given up"),
    Change.REPAIR_ASKED: _l("A day is repaired: %(day)s"),
    Change.AUDIT_ASKED: _l("The audit of Behomes was started"),
    Change.MADE_AGAIN: _l("What was lost in Behomes is created again: %(kind)s"),
    Change.FINDINGS_ACCEPTED: _l("Findings of the audit were accepted: %(count)s"),
    Change.COMMAND: _l("A command was given: %(command)s"),
}
ROLES: Mapping[str, LazyString] = {
    "admin": _l("Administrator"),
    "employee": _l("Employee"),
    "all": _l("Administrator of all integrations"),
}
DETAILS: Mapping[str, LazyString] = {
    "title": _l("Name of the integration"),
    "timezone": _l("Time zone"),
    "default_country": _l("Country of numbers"),
    "locale": _l("Language"),
    "require_secret": _l("Secret in notifications"),
    "sources": _l("Addresses that notifications come from"),
}
SYSTEMS: Mapping[str, str] = {"behomes": "Behomes", "callgear": "CallGear", "webhook": "webhook"}


@dataclass(frozen=True)
class ChangeLine:
    """A line of the log."""

    at: datetime
    icon: str
    what: str
    who: str
    address: str
    integration_id: int | None


def change_line(row: AuditEntry) -> ChangeLine:
    area = Area(row.area) if row.area in set(Area) else Area.SERVER
    return ChangeLine(
        at=row.at,
        icon=ICONS[area],
        what=sentence(row.code, row.values),
        who=who_words(row),
        address=row.address or "",
        integration_id=row.integration_id,
    )


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """What was changed. A code of another version of this program stands for itself."""
    if code not in set(Change):
        return code
    known = _Words({name: _shown(name, value) for name, value in values.items()})
    return str(SENTENCES[Change(code)]) % known


class _Words(dict[str, str]):
    """A value that an entry lacks is a dash."""

    def __missing__(self, name: str) -> str:
        return "—"


def who_words(row: AuditEntry) -> str:
    """The person; a command says so, and the program when nobody has asked."""
    if row.origin == "command":
        return _("command line, %(who)s", who=row.who or "—")
    if row.origin == "system":
        return _("by itself") if row.who is None else _("by itself, for %(who)s", who=row.who)
    return row.who or _("not logged in")


def _shown(name: str, value: Any) -> str:
    shape: Callable[[Any], str] = SHAPES.get(name, str)
    return shape(value)


def _changed(paths: Sequence[str]) -> str:
    """Settings or details by their names, a few of them."""
    names = list(dict.fromkeys(_name_of(path) for path in paths))
    if not names:
        return "—"
    more = len(names) - NAMED
    rest = ngettext("%(num)d more", "%(num)d more", more) if more > 0 else ""
    return ", ".join([*names[:NAMED], *([rest] if rest else [])])


def _name_of(path: str) -> str:
    return str(DETAILS[path]) if path in DETAILS else label(path, select_locale())


def _days(days: Mapping[str, int]) -> str:
    return ", ".join(f"{KINDS[kind].title} {days[kind]}" for kind in KINDS if kind in days)


def _day(text: str) -> str:
    day = read_day(text)
    return short_date(day) if day else text


SHAPES: Mapping[str, Callable[[Any], str]] = {
    "changed": _changed,
    "day": _day,
    "kind": lambda kind: str(word(ENTITIES, kind).label).lower(),
    "days": _days,
    "origins": lambda origins: ", ".join(origins) or "—",
    "systems": lambda systems: ", ".join(SYSTEMS.get(each, each) for each in systems),
    "on": lambda is_on: _("on") if is_on else _("off"),
    "role": lambda role: str(ROLES.get(role, role)),
    "before": lambda role: str(ROLES.get(role, role)),
    "after": lambda role: str(ROLES.get(role, role)),
    "email": lambda email: email or "—",
}
