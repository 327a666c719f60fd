from __future__ import annotations

import pytest

from blueprints.security import HTMX_CDN
from tests.pages import make_app


@pytest.mark.parametrize("path", ["/login", "/no-such-page", "/static/app.css"])
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_header_stands_on_every_answer(visitor, path, header, value):
    with visitor.get(path, buffered=True) as answer:
        assert answer.headers[header] == value


@pytest.mark.parametrize(
    "directive",
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ],
)
def test_content_policy_allows_nothing_inline_and_nothing_foreign(visitor, directive):
    policy = visitor.get("/login").headers["Content-Security-Policy"].split("; ")

    assert directive in policy
    assert not any("unsafe" in part for part in policy)


def test_cdn_is_named_by_its_exact_path(tmp_path):
    visitor = make_app(tmp_path, HTMX_SOURCE="cdn").test_client()

    answer = visitor.get("/login")

    policy = answer.headers["Content-Security-Policy"]
    assert f"script-src 'self' {HTMX_CDN};" in policy
    assert f'data-htmx-cdn="{HTMX_CDN}"' in answer.text
    assert 'data-htmx-integrity="sha384-' in answer.text


def test_local_htmx_names_no_cdn(visitor):
    answer = visitor.get("/login")

    assert "cdn" not in answer.headers["Content-Security-Policy"]
    assert "data-htmx-cdn" not in answer.text


def test_pages_are_not_kept_and_static_files_are_asked_for_again(visitor):
    assert visitor.get("/login").headers["Cache-Control"] == "no-store"
    with visitor.get("/static/app.css", buffered=True) as file:
        assert file.headers["Cache-Control"] == "no-cache"


def test_https_is_remembered_only_over_https(visitor):
    assert "Strict-Transport-Security" not in visitor.get("/login").headers
    secure = visitor.get("/login", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"] == ("max-age=31536000; includeSubDomains")
