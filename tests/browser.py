"""Chromium for tests of pages, and our pages served on a free port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from tests.need import skip_or_fail
from tests.pages import ADMIN, logged_in

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    theme: str = "light"
    locale: str = "en"
    width: int = 1280
    scripts: bool = True

    def __str__(self) -> str:
        return f"{self.theme}-{self.locale}-{self.width}"


# Each theme, language and width once: enough where the frame of the page is looked at in every
# pair elsewhere.
EACH_ONCE = [Look("light", "en", 1280), Look("dark", "ru", 390)]


@dataclass(frozen=True)
class Site:
    app: Flask
    url: str
    browser: Browser

    def open(
        self, look: Look, *, is_logged_in: bool = True, bypass_csp: bool = True
    ) -> BrowserContext:
        """A fresh browser profile with this look, logged in as the admin.

        axe is injected into pages, which their content policy forbids: it is bypassed.
        """
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": look.width, "height": 900},
            java_script_enabled=look.scripts,
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(10_000)
        cookies = {"theme": look.theme, "locale": look.locale}
        context.add_cookies(
            [{"name": name, "value": value, "url": self.url} for name, value in cookies.items()]
        )
        if is_logged_in:
            session = logged_in(self.app, ADMIN).get_cookie("session").value
            context.add_cookies([{"name": "session", "value": session, "url": self.url}])
        return context


def at_rest(page: Page) -> None:
    """Wait until htmx works and nothing moves any more for want of a font.

    A press meets what is under it: on a page that still moves that may be the neighbour.
    """
    page.wait_for_function("window.htmx && document.fonts.status === 'loaded'")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium; skips where there is none."""
    if not Path(CHROMIUM).exists():
        skip_or_fail(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def served(app: Flask) -> Iterator[Site]:
    """Serve the app while Chromium is open; skips where there is no Chromium."""
    if not Path(CHROMIUM).exists():
        skip_or_fail(f"{CHROMIUM} is not installed")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with chromium() as browser:
            yield Site(app, f"http://127.0.0.1:{server.server_port}", browser)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
