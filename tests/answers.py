"""What every answer must carry, whatever it says: its headers, its cookies, its type."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

SAME_FOR_ALL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
# What browsers may keep: files that are the same for everybody and name nobody.
PUBLIC = re.compile(r"/static/.+|/embed\.js|/console/(app\.webmanifest|worker\.js|offline)")
CHATTY = ("Server", "X-Powered-By", "X-Runtime", "Via")
TEXTS = re.compile(r"text/|.*\+xml|.*/xml")
LOOSE = ("unsafe", "*", "http:", "blob:")


def wrong_with(answer: Any, path: str) -> list[str]:
    """What this answer lacks or tells too much; empty if it is as it should be."""
    headers = answer.headers
    found = {name: headers.get(name) for name in SAME_FOR_ALL}
    wrong = [f"{name}: {value}" for name, value in found.items() if value != SAME_FOR_ALL[name]]
    wrong += _policy(headers) + _kept(headers, path) + _type(answer)
    wrong += cookies_wrong(headers, is_https=False) + [name for name in CHATTY if name in headers]
    return [f"{path} {answer.status_code}: {each}" for each in wrong]


def cookies_wrong(headers: Any, *, is_https: bool) -> list[str]:
    """What the cookies lack that this answer sets."""
    wrong = []
    for cookie in headers.getlist("Set-Cookie"):
        name, *flags = [part.strip() for part in cookie.split(";")]
        wanted = {"HttpOnly", "SameSite=Lax", "Path=/"} | ({"Secure"} if is_https else set())
        wrong += [f"{name.partition('=')[0]} lacks {flag}" for flag in sorted(wanted - set(flags))]
        if any(flag.startswith("Domain") for flag in flags):
            wrong.append(f"{name} has a domain")
        if is_https and not name.startswith("__Host-"):
            wrong.append(f"{name} without __Host-")
    return wrong


def _policy(headers: Any) -> list[str]:
    told = headers.getlist("Content-Security-Policy")
    is_strict = (
        len(told) == 1
        and told[0].startswith("default-src 'none'")
        and "frame-ancestors 'none'" in told[0]
        and not any(word in told[0] for word in LOOSE)
    )
    return [] if is_strict else [f"policy {told}"]


def _kept(headers: Any, path: str) -> list[str]:
    told = headers.get("Cache-Control", "")
    is_public = PUBLIC.fullmatch(urlsplit(path).path) and told
    return [] if is_public or "no-store" in told else [f"Cache-Control {told}"]


def _type(answer: Any) -> list[str]:
    told = answer.headers.get("Content-Type", "")
    if answer.status_code in (204, 304) or answer.headers.get("Content-Length") == "0":
        return []
    is_unclear = not told or (TEXTS.match(told) and "charset=utf-8" not in told.lower())
    return [f"Content-Type {told}"] if is_unclear else []
