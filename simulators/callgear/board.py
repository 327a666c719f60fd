"""The board: a page that shows calls and notifications and starts calls. Works without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from simulators import kit
from simulators.callgear.account import Account
from simulators.callgear.board_lists import lists
from simulators.callgear.board_words import WORDS
from simulators.callgear.emitting import Emitter
from simulators.callgear.orders import DEFAULT_CONTACT, Order
from simulators.callgear.recipes import RECIPES
from simulators.callgear.world import World

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'",
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
<link rel="stylesheet" href="/pbx/pbx.css">
<script src="/pbx/pbx.js" defer></script>
</head>
<body data-lost="{lost_contact}">
<a class="skip" href="#lists">{skip}</a>
<header class="top">
<p class="product">CallGear <span class="badge warn">{badge}</span></p>
<p class="account">{account}</p>
<p class="state" id="state" role="status"></p>
<a class="language" href="{other}" lang="{other_lang}" hreflang="{other_lang}">{other_language}</a>
</header>
<p class="note">{note}</p>
<main class="pbx">
<form class="pbx-card start" method="post" action="/board/calls" aria-labelledby="start">
<h2 id="start">{start}</h2>
<p class="muted">{start_hint}</p>
{error}
<input type="hidden" name="lang" value="{lang}">
<div class="fields">
<div class="wide"><label>{contact}<input name="contact" inputmode="numeric"
 pattern="[0-9]{{3,15}}" required value="{contact_value}" aria-describedby="contact-hint"></label>
<p class="muted" id="contact-hint">{contact_hint}</p></div>
<label class="wide">{number}<select name="virtual_number">{numbers}</select></label>
<label>{employee}<select name="employee"><option value="">{anybody}</option>{employees}</select>
</label>
<label>{speed}<select name="speed"><option value="1">{speed_1}</option>
<option value="10">{speed_10}</option><option value="0">{speed_0}</option></select></label>
</div>
{buttons}
</form>
<div class="lists" id="lists" tabindex="-1" data-source="{source}">{lists}</div>
</main>
</body>
</html>
"""
GROUP = '<fieldset><legend>{label}</legend><div class="buttons">{buttons}</div></fieldset>'
BUTTON = '<button name="recipe" value="{recipe}">{label}</button>'
OPTION = '<option value="{value}">{label}</option>'


def add_board(app: web.Application, world: World, emitter: Emitter) -> None:
    """Add the page at /, its live lists, its form and its static files."""

    async def page(request: web.Request) -> web.Response:
        html = _page(world, _lang(request.query.get("lang")), dict(request.query))
        return web.Response(text=html, content_type="text/html", headers=HEADERS)

    async def live(request: web.Request) -> web.Response:
        words = _escaped(_lang(request.query.get("lang")))
        html = lists(world, world.account(), words)
        return web.Response(text=html, content_type="text/html", headers=HEADERS)

    async def start(request: web.Request) -> web.Response:
        typed = {name: str(value) for name, value in (await request.post()).items()}
        kept = {"lang": _lang(typed.get("lang")), "contact": typed.get("contact", "")}
        try:
            await emitter.start_call(_order(world, typed))
        except (ValueError, KeyError):
            kept["error"] = "1"
        raise web.HTTPSeeOther(f"/?{urlencode(kept)}")

    app.router.add_get("/", page)
    app.router.add_get("/board/lists", live)
    app.router.add_post("/board/calls", start)
    app.router.add_static("/static", kit.STATIC)
    app.router.add_static("/pbx", Path(__file__).parent / "static")


def _order(world: World, typed: dict[str, str]) -> Order:
    contact = typed["contact"].strip().lstrip("+")
    if not (contact.isdigit() and 3 <= len(contact) <= 15):
        raise ValueError("contact")
    hides = typed["recipe"] in ("hidden_number", "internal")
    order = {"recipe": typed["recipe"], "contact": None if hides else contact}
    return Order.read(
        {
            **order,
            "virtual_number": typed.get("virtual_number") or None,
            "employees": _people(world.account(), typed.get("employee", "")),
            "speed": float(typed.get("speed", "1")),
        }
    )


def _people(account: Account, chosen: str) -> list[int]:
    """The chosen one first, then the others: a transfer needs somebody to go to."""
    if not chosen.isdigit():
        return []
    others = [employee_id for employee_id in account.employees if employee_id != int(chosen)]
    return [int(chosen), *others[:2]]


def _lang(wanted: str | None) -> str:
    return wanted if wanted in WORDS else "ru"


def _escaped(lang: str) -> dict[str, str]:
    return {key: escape(word) for key, word in WORDS[lang].items()}


def _page(world: World, lang: str, query: dict[str, str]) -> str:
    words, account = _escaped(lang), world.account()
    other = "en" if lang == "ru" else "ru"
    contact = query.get("contact") or DEFAULT_CONTACT
    names = {
        "lang": lang,
        "account": f"{escape(account.name)} · {escape(account.timezone)}",
        "contact_value": escape(contact),
        "error": f'<p class="note error">{words["wrong_contact"]}</p>' if "error" in query else "",
        "numbers": _options((row["virtual_phone_number"], row["name"]) for row in account.numbers),
        "employees": _options(
            (str(row["id"]), row["full_name"]) for row in account.employees.values()
        ),
        "buttons": _buttons(words),
        "other": f"/?lang={other}",
        "other_lang": other,
        "source": f"/board/lists?lang={lang}",
        "lists": lists(world, account, words),
    }
    return PAGE.format(**{**words, **names})


def _options(pairs: Iterable[tuple[str, str | None]]) -> str:
    return "".join(
        OPTION.format(value=escape(value), label=escape(_label(value, name)))
        for value, name in pairs
    )


def _label(value: str, name: str | None) -> str:
    return f"{value} · {name}" if name else value


def _buttons(words: dict[str, str]) -> str:
    inbound = [name for name in RECIPES if not name.startswith(("outbound", "click", "internal"))]
    outbound = [name for name in RECIPES if name not in inbound]
    return "".join(
        GROUP.format(
            label=words[group],
            buttons="".join(BUTTON.format(recipe=name, label=words[name]) for name in recipes),
        )
        for group, recipes in (("inbound", inbound), ("outbound", outbound))
    )
