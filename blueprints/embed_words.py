"""What the pop-up inside other pages says, in every language: it is told both with its script."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from blueprints.language import LOCALES

WORDS = {
    "calls": _l("Calls"),
    "sign_in": _l("Sign in to see calls"),
    "sign_out": _l("Sign out"),
    "online": _l("Connected"),
    "reconnecting": _l("Reconnecting…"),
    "ringing": _l("Incoming call"),
    "talking": _l("Talking"),
    "ended": _l("The call ended"),
    "lost": _l("The call was lost"),
    "hidden": _l("Hidden number"),
    "unknown": _l("Unknown number"),
    "rings": _l("Incoming call: %(who)s, %(number)s"),
    "close": _l("Close"),
    "asking": _l("Asking Behomes…"),
    "away": _l("Behomes does not answer"),
    "responsible": _l("Responsible"),
    "deal": _l("Deal"),
    "line": _l("Line"),
    "campaign": _l("Source"),
    "open": _l("Open in Behomes"),
    "call_back": _l("Call back"),
    "calling_you": _l("Calling you…"),
    "dial_unclear": _l(
        "No answer from our server: a phone may be ringing. It is not dialled again."
    ),
    "popup_blocked": _l("The browser has blocked the window: allow it and press again."),
}


def embed_words() -> dict[str, dict[str, str]]:
    """Language -> name -> text."""
    told = {}
    for locale, _name in LOCALES:
        with force_locale(locale):
            told[locale] = {name: str(text) for name, text in WORDS.items()} | {"locale": locale}
    return told
