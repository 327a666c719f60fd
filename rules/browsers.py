"""What a browser calls itself, in words a person knows."""

from __future__ import annotations

import re

# The first that fits counts: most browsers name others before themselves.
BROWSERS = (
    (re.compile(r"YaBrowser/"), "Яндекс Браузер"),
    (re.compile(r"EdgA?/|EdgiOS/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"HeadlessChrome/|Chrome/|CriOS/|Chromium/"), "Chrome"),
    (re.compile(r"Version/.*Safari/"), "Safari"),
)
SYSTEMS = (
    (re.compile(r"iPhone"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Mac OS X|Macintosh"), "macOS"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Linux|X11"), "Linux"),
)


def name_browser(agent: str | None) -> str:
    """`Firefox · Windows`; the half that is known, or "" if neither is."""
    halves = (_first(BROWSERS, agent or ""), _first(SYSTEMS, agent or ""))
    return " · ".join(half for half in halves if half)


def _first(known: tuple[tuple[re.Pattern[str], str], ...], agent: str) -> str:
    return next((name for pattern, name in known if pattern.search(agent)), "")
