"""What needs attention, in words: what happened, what it means for calls, and the one fix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.dashboard_charts import Place
from blueprints.setting_links import setting_url
from blueprints.shown import ago, moment, phone
from rules.attention import POINTS_CODES, Item, Kind

GONE: Mapping[str, LazyString] = {
    "user": _l("An employee chosen in the settings is no longer active in Behomes."),
    "pipeline": _l("The funnel chosen in the settings was deleted in Behomes."),
    "stage": _l("The stage chosen in the settings was deleted in Behomes."),
    "field": _l("A field that the settings fill was deleted in Behomes: %(id)s."),
}


@dataclass(frozen=True)
class Notice:
    """One sentence of what happened, one of what it means, one button."""

    kind: Kind
    text: str
    means: str
    action: str
    href: str


Teller = Callable[[Item, Place], Notice]


def notice(item: Item, place: Place) -> Notice:
    return TELLERS[item.kind](item, place)


def _crm_key(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("Behomes no longer accepts the API key."),
        _("Calls are kept and will be written after the key is replaced."),
        _("Replace the key"),
        _step(place, "auth"),
    )


def _crm_other(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("The API key opens another account of Behomes."),
        _("Nothing is written, so that no client of others is touched."),
        _("Replace the key"),
        _step(place, "auth"),
    )


def _crm_away(item: Item, place: Place) -> Notice:
    since = item.values.get("since")
    text = (
        _("Behomes has not answered since %(time)s.", time=moment(since, place.zone))
        if since
        else _("Behomes has not answered yet.")
    )
    return Notice(
        item.kind,
        text,
        _("Calls are kept and written by themselves when it answers again."),
        _("Test connection"),
        _step(place, "auth"),
    )


def _workers(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("Nobody works on calls: the processes for it do not run."),
        _("Notifications are stored, but nothing is written into the CRM."),
        _("See the calls that wait"),
        place.calls(state="waiting"),
    )


def _pbx_key(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("CallGear no longer accepts the access key."),
        _("Calls are still written; calls by a click, employees and recordings stand still."),
        _("Replace the key"),
        _step(place, "auth"),
    )


def _pbx_address(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("CallGear refuses the address of this server: it is not on the list of the account."),
        _("Calls are still written; calls that no notification tells of are not found."),
        _("Test connection"),
        _step(place, "auth"),
    )


def _report_stopped(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("Calls are no longer compared with CallGear's report: %(reason)s.", reason=_why(item)),
        _("A call that no notification tells of would be missing in Behomes."),
        _("Test connection"),
        _step(place, "auth"),
    )


def _why(item: Item) -> str:
    reason = item.values["reason"]
    if reason in POINTS_CODES:
        return _("the points of its API for today are used up to the reserve")
    if reason in ("forbidden", "component_disabled"):
        return _("the key has no right to it, or the tariff does not hold it")
    since = item.values.get("since")
    if since is None:
        return _("CallGear has not answered yet")
    return _("CallGear does not give it; the last comparison was %(ago)s", ago=ago(since))


def _not_notified(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        ngettext(
            "CallGear's report holds %(num)d call of which no notification came.",
            "CallGear's report holds %(num)d calls of which no notification came.",
            item.values["count"],
        ),
        _("They get into Behomes minutes late and without pop-ups: the notifications are broken."),
        _("Set up the notifications"),
        _step(place, "auth"),
    )


def _pbx_away(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("CallGear does not answer: its lists were read %(ago)s.", ago=ago(item.values["since"]))
        if item.values.get("since")
        else _("CallGear has not answered yet: its lists were never read."),
        _("Calls are still written; new employees and numbers are not known yet."),
        _("Test connection"),
        _step(place, "auth"),
    )


def _never(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        _("CallGear has not sent any notification yet."),
        _("No call can get into the CRM before the notifications are set up."),
        _("Set up the notifications"),
        _step(place, "auth"),
    )


def _silent(item: Item, place: Place) -> Notice:
    since = moment(item.values["since"], place.zone)
    return Notice(
        item.kind,
        _("No notification has come since %(time)s, much longer than usual.", time=since),
        _("If calls go on, they are missing in the CRM."),
        _("Check with a live call"),
        _page(place, "setup.live"),
    )


def _address(item: Item, place: Place) -> Notice:
    until = moment(item.values["at"], place.zone)
    return Notice(
        item.kind,
        _("CallGear still uses the old address, which ends at %(time)s.", time=until),
        _("After that its notifications are refused and calls are lost for the CRM."),
        _("Take the new address"),
        _step(place, "auth"),
    )


def _set_aside(item: Item, place: Place) -> Notice:
    count = item.values["count"]
    return Notice(
        item.kind,
        ngettext(
            "%(num)d call of the last 30 days was not written because of an error.",
            "%(num)d calls of the last 30 days were not written because of an error.",
            count,
        ),
        _("Behomes refused something; nothing more happens to them by itself."),
        _("See what is wrong"),
        _page(place, "journal.set_aside"),
    )


def _lost(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        ngettext(
            "Behomes no longer holds %(num)d entry that it had confirmed.",
            "Behomes no longer holds %(num)d entries that it had confirmed.",
            item.values["count"],
        ),
        _("Somebody deleted it there, or it was lost. Nothing is created again by itself."),
        _("See what is missing"),
        _page(place, "accounted.index"),
    )


def _doubled(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        ngettext(
            "Behomes holds %(num)d entry several times.",
            "Behomes holds %(num)d entries several times.",
            item.values["count"],
        ),
        _("We use one of them. Delete the others in Behomes: we delete nothing there."),
        _("See which ones"),
        _page(place, "accounted.index"),
    )


def _gone(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        str(GONE[item.values["what"]]) % item.values,
        _("What the rules create with it is refused or goes to somebody else."),
        _("Choose another"),
        setting_url(place.integration.id, item.path),
    )


def _overdue(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        ngettext(
            "%(num)d client waits for a call-back longer than promised.",
            "%(num)d clients wait for a call-back longer than promised.",
            item.values["count"],
        ),
        _("Each of them has called and reached nobody."),
        _("Call back"),
        _page(place, "callbacks.index"),
    )


def _unmapped(item: Item, place: Place) -> Notice:
    count = item.values["count"]
    name = place.names.employee(item.values["employee_id"])
    return Notice(
        item.kind,
        ngettext(
            "%(name)s had %(num)d call in 7 days and is not joined to Behomes.",
            "%(name)s had %(num)d calls in 7 days and is not joined to Behomes.",
            count,
            name=name,
        ),
        _("What these calls create belongs to the responsible of the settings, or to nobody."),
        _("Join the employee"),
        _step(place, "users"),
    )


def _number(item: Item, place: Place) -> Notice:
    number, count = item.values["number"], item.values["count"]
    return Notice(
        item.kind,
        ngettext(
            "%(number)s is new: %(num)d call came on it.",
            "%(number)s is new: %(num)d calls came on it.",
            count,
            number=place.lines.get(number) or phone(number),
        ),
        _("The same rules count for it. Check that its calls come as they should."),
        _("See its calls"),
        place.calls(period="7", line=number),
    )


def _recordings(item: Item, place: Place) -> Notice:
    return Notice(
        item.kind,
        ngettext(
            "CallGear deletes %(num)d recording within days, the first one at %(time)s.",
            "CallGear deletes %(num)d recordings within days, the first one at %(time)s.",
            item.values["count"],
            time=moment(item.values["at"], place.zone),
        ),
        _("Nobody keeps a copy: afterwards they cannot be heard any more."),
        _("Keep copies"),
        _page(place, "recording_settings.show"),
    )


TELLERS: Mapping[Kind, Teller] = {
    Kind.CRM_KEY: _crm_key,
    Kind.CRM_OTHER_ACCOUNT: _crm_other,
    Kind.CRM_AWAY: _crm_away,
    Kind.WORKERS_AWAY: _workers,
    Kind.PBX_KEY: _pbx_key,
    Kind.PBX_ADDRESS: _pbx_address,
    Kind.NOT_NOTIFIED: _not_notified,
    Kind.PBX_AWAY: _pbx_away,
    Kind.REPORT_STOPPED: _report_stopped,
    Kind.NEVER_NOTIFIED: _never,
    Kind.SILENT: _silent,
    Kind.ADDRESS_ENDS: _address,
    Kind.SET_ASIDE: _set_aside,
    Kind.LOST_IN_CRM: _lost,
    Kind.DOUBLED_IN_CRM: _doubled,
    Kind.SETTING_GONE: _gone,
    Kind.OVERDUE: _overdue,
    Kind.UNMAPPED: _unmapped,
    Kind.NEW_NUMBER: _number,
    Kind.RECORDINGS_GO: _recordings,
}


def _step(place: Place, slug: str) -> str:
    return url_for("setup.step", id=place.integration.id, slug=slug)


def _page(place: Place, endpoint: str) -> str:
    return url_for(endpoint, id=place.integration.id)
