"""The four parts of an integration: how each stands, what it means, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.dashboard_charts import Place
from blueprints.shown import moment
from blueprints.words import Word
from rules.attention import Connections, Facts, Kind, attention

WORKS = Word(_l("works"), "circle-check", "ok")
NOT_CONNECTED = Word(_l("not connected"), "circle-minus")
NOT_YET = Word(_l("not checked yet"), "clock", "info")
REFUSED = Word(_l("key refused"), "key-round", "error")
AWAY = Word(_l("does not answer"), "clock", "warn")
SILENT = Word(_l("silent"), "circle-alert", "warn")
STANDS = Word(_l("stands still"), "circle-alert", "error")
PAUSED = Word(_l("Paused"), "pause", "warn")


@dataclass(frozen=True)
class Part:
    """`text` says what the state means for calls, and what to do if it is not well."""

    name: str
    state: Word
    text: str


def parts(facts: Facts, place: Place) -> list[Part]:
    return [
        _callgear(facts, place),
        _behomes(facts.connections),
        _processing(facts, place),
        # Whoever reads this page has it from the database.
        Part(_("Storage"), WORKS, _("Every notification is stored before it is acknowledged.")),
    ]


def _callgear(facts: Facts, place: Place) -> Part:
    kinds = {item.kind for item in attention(facts)}
    if Kind.PBX_KEY in kinds:
        text = _("Replace the access key: calls by a click and recordings stand still.")
        return Part("CallGear", REFUSED, text)
    if Kind.PBX_ADDRESS in kinds:
        text = _("Add this server's address to the account's list of the API in CallGear.")
        return Part("CallGear", REFUSED, text)
    if Kind.SILENT in kinds or Kind.NOT_NOTIFIED in kinds:
        text = _("No notifications come. Check them with a live call.")
        return Part("CallGear", SILENT, text)
    if Kind.PBX_AWAY in kinds:
        text = _("Calls are still taken in. We try to read its lists again each minute.")
        return Part("CallGear", AWAY, text)
    last = facts.traffic.notified_at
    if last is None:
        text = _("No notification has come yet: set them up in CallGear.")
        return Part("CallGear", NOT_YET, text)
    text = _("The last notification came at %(time)s.", time=moment(last, place.zone))
    if not facts.connections.has_pbx_key:
        text = _("Notifications come; without the access key there are no calls by a click.")
    return Part("CallGear", WORKS, text)


def _behomes(known: Connections) -> Part:
    if known.breaker == "key":
        text = _("Replace the API key: until then calls are only kept.")
        return Part("Behomes", REFUSED, text)
    if known.breaker == "open" or (known.breaker == "new" and known.crm_error):
        text = _("Calls are kept and written by themselves when it answers again.")
        return Part("Behomes", AWAY, text)
    if known.breaker == "new":
        return Part("Behomes", NOT_YET, _("The first check runs within a minute."))
    return Part("Behomes", WORKS, _("It answers and accepts the key."))


def _processing(facts: Facts, place: Place) -> Part:
    name = _("Processing")
    if facts.connections.workers == "none":
        text = _("Calls are stored, nothing is written. Tell who runs this server.")
        return Part(name, STANDS, text)
    if place.integration.paused_at:
        text = _("Calls are kept and will be worked on after you go on.")
        return Part(name, PAUSED, text)
    if not place.integration.published_version:
        text = _("Calls are kept until the integration is turned on.")
        return Part(name, NOT_CONNECTED, text)
    return Part(name, WORKS, _("Calls are written as they come."))
