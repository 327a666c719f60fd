"""The board: what a person would see in the CRM. A page that asks for its data every second."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from simulators import kit
from simulators.behomes.api import Crm
from simulators.behomes.board_cards import COLUMNS, Cards
from simulators.behomes.board_words import WORDS
from simulators.behomes.world import Account

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/static/board.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/board.css">
<script src="/static/board.js" defer></script>
</head>
<body data-source="{source}" data-lost="{lost}" data-live="{live}" data-new="{new}">
<a class="skip" href="#board">{skip}</a>
<header class="top">
<p class="product">Behomes CRM <span class="badge warn">{badge}</span></p>
<p class="account">{account}</p>
<p class="state" id="state" role="status">{live}</p>
<a class="language" href="{other}" lang="{other_lang}" hreflang="{other_lang}">{other_language}</a>
</header>
<p class="note">{note}</p>
{accounts}
<p class="ringing" id="ringing" role="status" hidden></p>
<noscript><p class="note">{noscript}</p></noscript>
<nav class="tabs" aria-label="{columns}">{tabs}</nav>
<main class="board" id="board" tabindex="-1">{sections}</main>
</body>
</html>
"""
CURRENT = ' aria-current="page"'
TAB = '<a href="#{name}" data-tab="{name}">{label} <span data-count="{name}">0</span></a>'
SECTION = """<section class="column" data-column="{name}" aria-labelledby="{name}">
<h2 id="{name}">{label} <span data-count="{name}">0</span></h2>
<p class="empty">{empty}</p>
<div class="cards"></div>
<p class="more" hidden></p>
</section>"""


def add_board(app: web.Application, crm: Crm) -> None:
    """Add the page at / and /board, its data, and its static files."""

    async def page(request: web.Request) -> web.Response:
        lang, account = _lang(request), crm.world.account(request.query.get("account"))
        html = _page(lang, account, list(crm.world))
        return web.Response(text=html, content_type="text/html", headers=HEADERS)

    async def data(request: web.Request) -> web.Response:
        account = crm.world.account(request.query.get("account"))
        if account is None:
            return kit.reply({"version": crm.world.version, "ringing": None, "columns": []})
        version = f"{id(crm.world)}-{crm.world.version}"
        cards = Cards(account, WORDS[_lang(request)])
        body: dict[str, Any] = {"version": version, "ringing": cards.ringing()}
        if request.query.get("version") != version:
            body["columns"] = cards.columns()
        return kit.reply(body, headers={"Cache-Control": "no-store"})

    app.router.add_get("/", page)
    app.router.add_get("/board", page)
    app.router.add_get("/board/data", data)
    app.router.add_static("/static", kit.STATIC)


def _lang(request: web.Request) -> str:
    wanted = request.query.get("lang", "ru")
    return wanted if wanted in WORDS else "ru"


def _page(lang: str, account: Account | None, accounts: list[Account]) -> str:
    words = {key: escape(word) for key, word in WORDS[lang].items()}
    other_lang = "en" if lang == "ru" else "ru"
    parts = [(name, words[name], words[f"{name}_empty"]) for name in COLUMNS]
    return PAGE.format(
        **{key: words[key] for key in PAGE_WORDS},
        lang=lang,
        account=escape(account.name if account else ""),
        source=_address("/board/data", lang, account),
        other=_address("/board", other_lang, account),
        other_lang=other_lang,
        accounts=_account_links(lang, account, accounts),
        tabs="".join(TAB.format(name=name, label=label) for name, label, _empty in parts),
        sections="\n".join(
            SECTION.format(name=name, label=label, empty=empty) for name, label, empty in parts
        ),
    )


PAGE_WORDS = (
    *("title", "badge", "note", "live", "lost", "noscript", "columns", "skip", "new"),
    "other_language",
)


def _address(path: str, lang: str, account: Account | None) -> str:
    query = {"lang": lang, **({"account": account.account_id} if account else {})}
    return escape(f"{path}?{urlencode(query)}")


def _account_links(lang: str, current: Account | None, accounts: list[Account]) -> str:
    if len(accounts) < 2:
        return ""
    links = "".join(
        f'<a href="{_address("/board", lang, one)}"{CURRENT if one is current else ""}>'
        f"{escape(one.name)} · {escape(one.account_id)}</a>"
        for one in accounts
    )
    return f'<nav class="accounts" aria-label="{escape(WORDS[lang]["accounts"])}">{links}</nav>'
