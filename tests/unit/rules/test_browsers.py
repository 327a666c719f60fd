from __future__ import annotations

import pytest

from rules.browsers import name_browser

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome · Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0", "Edge · Windows"),
        (f"{WINDOWS} Chrome/130.0 YaBrowser/24.12 Safari/537.36", "Яндекс Браузер · Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Firefox · Linux",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            "Safari · macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari · iPhone",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT}"
            " SamsungBrowser/26.0 Chrome/122.0 Mobile Safari/537.36",
            "Samsung Internet · Android",
        ),
        ("curl/8.5.0", ""),
        ("", ""),
        (None, ""),
        ("Something (Windows)", "Windows"),
    ],
)
def test_browser_in_words(agent, name):
    assert name_browser(agent) == name
