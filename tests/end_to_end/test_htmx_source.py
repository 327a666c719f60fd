"""htmx comes from the CDN with integrity, else from our own copy, never from both."""

from __future__ import annotations

from pathlib import Path

import pytest

from blueprints.security import HTMX_CDN
from models import db
from tests.browser import Look, served
from tests.pages import make_app, plant_office

pytestmark = pytest.mark.browser

COPY = (Path(__file__).parents[2] / "static/vendor/htmx.min.js").read_text()
LOCAL = "/static/vendor/htmx.min.js"
HEADERS = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("cdn"), HTMX_SOURCE="cdn")
    with app.app_context():
        plant_office()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


def answer(route):
    route.fulfill(body=COPY, headers=HEADERS)


def answer_changed(route):
    route.fulfill(body=f"{COPY}\n// changed", headers=HEADERS)


def refuse(route):
    route.abort()


def keep_waiting(route):
    """Neither answer nor refusal: the CDN hangs."""


@pytest.mark.parametrize(
    ("cdn", "from_cdn"),
    [
        pytest.param(answer, True, id="the CDN answers"),
        pytest.param(answer_changed, False, id="the CDN sends something else"),
        pytest.param(refuse, False, id="the CDN is away"),
        pytest.param(keep_waiting, False, id="the CDN hangs"),
    ],
)
def test_htmx_is_loaded_once(site, cdn, from_cdn):
    context = site.open(Look(), is_logged_in=False)
    page = context.new_page()
    page.route(HTMX_CDN, cdn)
    page.goto("/login", wait_until="commit")
    page.wait_for_function("window.htmx", timeout=8_000)
    page.wait_for_timeout(1_800)

    sources = page.evaluate(
        "[...document.querySelectorAll('head script')].map(script => script.getAttribute('src'))"
    )
    assert (LOCAL in sources) is not from_cdn
    assert page.evaluate("htmx.config.allowEval") is False
    assert page.evaluate("document.querySelectorAll('script[src*=htmx]').length") == (
        1 if from_cdn else 1 + (HTMX_CDN in sources)
    )
    context.close()
