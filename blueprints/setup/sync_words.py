"""What the employee sync found and did, in words: results, reasons, errors, phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, lazy_pgettext, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.reasons import Names
from blueprints.words import Word
from models import SyncItem, SyncRun

RESULTS: Mapping[str, Word] = {
    "created": Word(lazy_pgettext("sync", "Created"), "plus", "ok"),
    "updated": Word(lazy_pgettext("sync", "Updated"), "refresh-cw", "accent"),
    "skipped": Word(lazy_pgettext("sync", "Unchanged"), "circle-minus"),
    "conflict": Word(lazy_pgettext("sync", "Conflict"), "triangle-alert", "warn"),
}
# The same before anything was written.
PLANNED: Mapping[str, Word] = {
    **RESULTS,
    "created": Word(lazy_pgettext("sync", "To create"), "plus", "ok"),
    "updated": Word(lazy_pgettext("sync", "To update"), "refresh-cw", "accent"),
}
COUNTERS: Mapping[str, LazyString] = {
    "created": lazy_pgettext("sync", "Created"),
    "updated": lazy_pgettext("sync", "Updated"),
    "skipped": lazy_pgettext("sync", "Unchanged"),
    "conflict": lazy_pgettext("sync", "Conflicts"),
}
PLANNED_COUNTERS: Mapping[str, LazyString] = {
    **COUNTERS,
    "created": lazy_pgettext("sync", "To create"),
    "updated": lazy_pgettext("sync", "To update"),
}
PHASES: Mapping[str, LazyString] = {
    "load": _l("Loading"),
    "match": _l("Matching"),
    "write": _l("Writing"),
}
STATES: Mapping[str, Word] = {
    "queued": Word(lazy_pgettext("sync", "Starting"), "clock", "accent"),
    "running": Word(lazy_pgettext("sync", "Running"), "refresh-cw", "accent"),
    "done": Word(lazy_pgettext("sync", "Finished"), "circle-check", "ok"),
    "stopped": Word(lazy_pgettext("sync", "Stopped"), "pause", "warn"),
    "aborted": Word(lazy_pgettext("sync", "Broken off"), "circle-alert", "error"),
}
ONLY_SHOWN = Word(_l("Only shown, nothing written"), "eye", "info")
ORIGINS: Mapping[str, LazyString] = {
    "nightly": _l("by itself, at night"),
    "command": _l("from the command line"),
}
FIXED: Mapping[str, LazyString] = {
    "same": _l("Linked already, nothing to add."),
    "kept_apart": _l("You decided that no employee belongs to this user."),
    "inactive": _l("Switched off in Behomes. Nothing is deleted in CallGear."),
    "gone": _l("No longer in Behomes. The employee stays in CallGear."),
    "nameless": _l("Has no name in Behomes, and CallGear needs one: write it there."),
    "same_name": _l("CallGear has an employee of this name with other contacts."),
    "unclear": _l("CallGear did not answer. The next sync looks whether it was done."),
    "paired_by_hand": _l("Linked by hand."),
}
MATCHED: Mapping[str, LazyString] = {
    "email": _l("Recognised by the e-mail."),
    "extension": _l("Recognised by the extension."),
    "phone": _l("Recognised by the phone."),
}
SEVERAL: Mapping[str, LazyString] = {
    "email": _l("Several employees have this e-mail."),
    "extension": _l("Several employees have this extension or phone."),
    "phone": _l("Several employees have this phone."),
}
SYSTEMS = {"behomes": "Behomes", "callgear": "CallGear"}


def reason(item: SyncItem, names: Names, *, is_dry: bool = False) -> str:
    """Why this user came out as he did, as a sentence."""
    values = item.values
    match item.reason:
        case "new":
            if is_dry:
                return _("Not in CallGear yet.")
            return _("Was not in CallGear.")
        case "new_again":
            return _("The linked employee is no longer in CallGear.")
        case "filled":
            return _filled(values.get("fields", ()), is_dry=is_dry)
        case "matched":
            return str(MATCHED.get(str(values.get("sign")), ""))
        case "several":
            return str(SEVERAL.get(str(values.get("sign")), SEVERAL["phone"]))
        case "claimed":
            return _("The same employee also fits %(names)s.", names=_users(values, names))
        case "shared":
            return _(
                "%(names)s has the same e-mail or extension in Behomes.",
                names=_users(values, names),
            )
        case "refused":
            return _("CallGear refused: %(message)s", message=values.get("message") or "–")
    return str(FIXED.get(item.reason, item.reason))


def _filled(fields: Any, *, is_dry: bool) -> str:
    match ("email" in fields, "phones" in fields):
        case (True, True):
            return _("Lacks e-mail and phone.") if is_dry else _("E-mail and phone added.")
        case (True, False):
            return _("Lacks the e-mail.") if is_dry else _("E-mail added.")
    return _("Lacks a phone.") if is_dry else _("Phone added.")


def _users(values: Mapping[str, Any], names: Names) -> str:
    return ", ".join(names.user(str(each)) for each in values.get("users", ()))


@dataclass(frozen=True)
class Trouble:
    """Why a run was broken off: what happened and what to do; `step` is where it is mended."""

    happened: str
    todo: str
    step: str = ""


def trouble(run: SyncRun) -> Trouble:
    error = run.error or {}
    side, code = str(error.get("side")), str(error.get("code"))
    system = SYSTEMS.get(side, side)
    return _known(system, code) or _of_the_way(system, code, error)


def _known(system: str, code: str) -> Trouble | None:
    match code:
        case "not_configured":
            return Trouble(
                _("There is no access key of CallGear."),
                _("Enter the key on the step “Authorisation”."),
                "auth",
            )
        case "invalid_auth":
            return Trouble(
                _("%(system)s does not accept the key.", system=system),
                _("Replace the key on the step “Authorisation”."),
                "auth",
            )
        case "ip_not_allowed":
            return Trouble(
                _("CallGear does not let this server's address in."),
                _(
                    "In CallGear open Administrator → Account → Rules and security settings → API"
                    " and add the address of this server."
                ),
            )
        case "account_inactive":
            return Trouble(
                _("The account in %(system)s is switched off.", system=system),
                _("Ask the support of %(system)s to switch it on.", system=system),
            )
        case "forbidden" | "component_disabled":
            return Trouble(
                _("The key of %(system)s may not read or change employees.", system=system),
                _("Give the owner of the key the right to see and change employees."),
            )
        case "tariff":
            return Trouble(
                _("The tariff of CallGear allows no more employees."),
                _("Add employees to the tariff, or keep apart those who need no telephony."),
            )
    return None


def _of_the_way(system: str, code: str, error: Mapping[str, Any]) -> Trouble:
    match code:
        case "rate_limited" | "points_exhausted":
            return Trouble(
                _("%(system)s takes no more requests for now.", system=system), _later(error)
            )
        case "timeout" | "too_slow":
            return Trouble(
                _("%(system)s answers too slowly.", system=system),
                _("Press the button again later: the sync goes on where it stopped."),
            )
        case "unexpected_answer" | "unreadable":
            return Trouble(
                _("%(system)s gave an answer that we do not understand.", system=system),
                _("Check the address on the step “Authorisation”, then write to support."),
                "auth",
            )
        case "crashed":
            return Trouble(
                _("This server made a mistake."),
                _("Try again; if it happens again, write to support."),
            )
    return Trouble(
        _("%(system)s cannot be reached.", system=system),
        _("Press the button again later: the sync goes on where it stopped."),
    )


def _later(error: Mapping[str, Any]) -> str:
    seconds = error.get("retry_after")
    if not isinstance(seconds, int):
        return _("Try again in a few minutes.")
    if seconds < 3600:
        return _("Try again in %(minutes)s min.", minutes=max(1, round(seconds / 60)))
    return _("Try again in %(hours)s h.", hours=round(seconds / 3600))


def who_started(run: SyncRun) -> str:
    if run.origin in ORIGINS:
        return str(ORIGINS[run.origin])
    return run.author or pgettext("sync", "by hand")
