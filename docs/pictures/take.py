"""Take the pictures of the README from a running demo: take.py [http://127.0.0.1:8000]."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
DEMO_CALLS = ("new-lost", "repeat-transfer", "outgoing-silent", "new-answered")
CALL_MS = 9_000  # a trial call, with its recording, has arrived after that


def main(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        context = browser.new_context()
        context.add_cookies([{"name": "locale", "value": "en", "url": address}])
        page = context.new_page()
        log_in(page, address)
        page.set_viewport_size({"width": 1280, "height": 860})
        take_demo(page, address)
        page.set_viewport_size({"width": 1280, "height": 1000})
        take_call(page)
        browser.close()


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.fill("input[name=email]", "admin@demo.local")
    page.fill("input[name=password]", "demo-admin")
    page.click("form button[type=submit]")
    page.wait_for_url("**/calls")


def take_demo(page: Page, address: str) -> None:
    page.goto(f"{address}/demo")
    for slug in DEMO_CALLS:
        page.click(f"button[value={slug}]")
        page.wait_for_timeout(CALL_MS)
    page.goto(f"{address}/demo")
    page.wait_for_timeout(1_000)
    page.screenshot(path=FOLDER / "demo.png")


def take_call(page: Page) -> None:
    """The newest call: the answered one of a new client."""
    page.locator("#demo-feed a[href*='/calls/']").first.click()
    page.wait_for_timeout(1_000)
    page.screenshot(path=FOLDER / "call.png")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
