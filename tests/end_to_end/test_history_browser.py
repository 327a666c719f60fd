"""The history in a real browser: the sound goes on while the list is refreshed."""

from __future__ import annotations

import io
import re
import wave

import pytest
from playwright.sync_api import expect

from models import CallSession, Integration, db
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import CALL_IDS, make_app, plant_office
from tests.raw_server import raw_server, reply

pytestmark = pytest.mark.browser

LIST = "/integrations/1/calls"
REFRESH = "htmx.ajax('GET', location.pathname, {target: '#call-list', swap: 'outerHTML'})"


def silence(seconds=30):
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(16_000 * seconds))
    return file.getvalue()


AUDIO = silence()


def media_host(server, connection):
    """One recording with Range; the one that is called lost is not there."""
    while request := server.read_request(connection):
        if b"/lost" in request:
            connection.sendall(reply(b"", status="404 Not Found"))
            continue
        found = re.search(rb"Range: bytes=(\d+)-(\d*)", request)
        start, stop = 0, len(AUDIO)
        if found:
            start, stop = int(found[1]), int(found[2] or len(AUDIO) - 1) + 1
        told = f"Content-Range: bytes {start}-{stop - 1}/{len(AUDIO)}"
        headers = ["Content-Type: audio/wav", "Accept-Ranges: bytes", told]
        connection.sendall(reply(AUDIO[start:stop], status="206 Partial", headers=headers))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with raw_server(media_host) as media:
        app = make_app(tmp_path_factory.mktemp("site"), API_HOSTS=media.host)
        with app.app_context():
            plant_office()
            db.session.get(Integration, 1).media_hosts = [media.host]
            for index, name in ((0, "here"), (3, "lost")):
                row = db.session.scalar(
                    db.select(CallSession).filter_by(call_session_id=CALL_IDS[index])
                )
                url = f"{media.url}/{name}"
                row.facts = {**row.facts, "recordings": [{"url": url, "seconds": 30}]}
            db.session.commit()
        with served(app) as site:
            yield site
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def page(site):
    context = site.open(Look())
    page = context.new_page()
    page.goto(LIST)
    at_rest(page)
    yield page
    context.close()


def listen(page, index):
    page.locator(f"tr:has(a[href$='{CALL_IDS[index]}']) [data-play]").click()


def test_sound_goes_on_while_the_list_is_refreshed(page):
    listen(page, 0)
    page.wait_for_function("document.querySelector('#player audio').currentTime > 0.05")

    page.evaluate(REFRESH)
    page.wait_for_function("document.querySelector('.listen[aria-current=true]')")

    assert page.evaluate("document.querySelector('#player audio').paused") is False
    expect(page.locator(".listen[aria-current=true] [data-play-label]")).to_have_text("Pause")


def test_player_is_led_by_keys_and_gives_the_focus_back(page):
    listen(page, 0)
    page.wait_for_function("document.querySelector('#player audio').currentTime > 0.05")
    page.locator("#player").focus()

    page.keyboard.press(">")
    page.keyboard.press(" ")

    expect(page.locator("[data-player-speed]")).to_have_value("1.25")
    page.wait_for_function("document.querySelector('#player audio').paused")
    assert page.evaluate("document.querySelector('#player audio').playbackRate") == 1.25
    page.keyboard.press("Escape")
    expect(page.locator("#player")).to_be_hidden()
    expect(page.locator(f"tr:has(a[href$='{CALL_IDS[0]}']) [data-play]")).to_be_focused()


def test_recording_that_is_gone_says_so(page):
    listen(page, 3)

    expect(page.locator("[data-player-note]")).to_contain_text("CallGear has deleted")


@pytest.mark.parametrize("look", EACH_ONCE, ids=str)
def test_history_is_accessible_and_fits(site, look):
    context = site.open(look)
    page = context.new_page()
    found = []
    for path in (LIST, f"{LIST}/{CALL_IDS[0]}", "/integrations/1/recordings"):
        page.goto(path)
        at_rest(page)
        found += violations(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path} is {width} wide"] if width > look.width else []
    context.close()

    assert found == []
