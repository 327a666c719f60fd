"""The whole way of an admin, in a real browser on the real stack: from an empty server to the first
call in the CRM, and on to the second version. With SCREENSHOTS it takes the guides' pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from models import SettingsVersion
from tests import pictures
from tests.browser import chromium
from tests.factories import wait_until
from tests.simulated import Simulator, behomes_simulator, callgear_simulator
from tests.stack import Stack, running
from tests.walk import Walk

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(300)]

# Russian is the product's main language; the guides want their pictures in both.
LOCALES = ("ru", "en") if pictures.IS_ASKED else ("ru",)
NAME, EMAIL, PASSWORD = "Admin One", "admin@example.com", "correct horse battery staple"
OFFICE = "Dubai office"
BEHOMES_KEY, CALLGEAR_KEY = "demo-behomes-key", "demo-callgear-token"
COLLEAGUE = "agent.two@example.com"
AGENT_THREE = "Agent Three · agent.three@example.com"
NEW_CLIENT = "971501112233"
SHOWN_ADDRESS = "https://calls.example.com/hooks/•••"  # in the picture
LEAD_TITLE = {"ru": "Лид с телефона", "en": "Lead by phone"}
LINK = re.compile(r"http://\S+/invitations/\S+")
EVENT = re.compile(r'"event":"(\w+)"')
PATIENT_MS = 30_000


@dataclass
class Office:
    """The empty server, both vendors, and the browser to look at it with."""

    stack: Stack
    crm: Simulator
    pbx: Simulator
    browser: Browser
    locale: str

    @contextmanager
    def open(self, *, width: int = 1280, scripts: bool = True) -> Iterator[Walk]:
        """A fresh browser profile; what goes wrong in it is told with the page where it did."""
        context = self.browser.new_context(
            base_url=self.stack.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENT_MS)
        context.add_cookies([{"name": "locale", "value": self.locale, "url": self.stack.url}])
        walk = Walk(context.new_page(), self.locale)
        with walk.told():
            yield walk
        context.close()

    def written(self) -> dict[str, int]:
        """How many rows of each kind our server has made in the CRM; its pop-ups make none."""
        told = self.crm.control("GET", "/_sim/audit")["entities"]
        return {
            name: one["total"]
            for name, one in told.items()
            if one["total"] and name != "call_events"
        }

    def in_force(self) -> dict[str, Any]:
        """The settings by which calls run."""
        engine = create_engine(f"sqlite:///{self.stack.environ['INSTANCE_DIR']}/app.db")
        with Session(engine) as session:
            versions = select(SettingsVersion.document).order_by(SettingsVersion.number.desc())
            document: dict[str, Any] = session.scalars(versions.limit(1)).one()
        engine.dispose()
        return document


@pytest.fixture(params=LOCALES)
def office(request, tmp_path) -> Iterator[Office]:
    expect.set_options(timeout=PATIENT_MS)
    with (
        behomes_simulator() as crm,
        callgear_simulator() as pbx,
        chromium() as browser,
        running(
            tmp_path,
            DEMO="0",
            DEFAULT_LOCALE=request.param,
            API_HOSTS=",".join(each.url.removeprefix("http://") for each in (crm, pbx)),
            SETTLE_SECONDS="2",
            ENRICH_SECONDS="0",
            HTMX_SOURCE="local",
        ) as stack,
    ):
        yield Office(stack, crm, pbx, browser, request.param)


def test_admin_sets_everything_up_alone(office):
    with office.open() as walk:
        log_in(walk, office)
        make_integration(walk, office)
        paste_notifications(walk, office)
        sync_users(walk)
        choose_rules(walk)
        choose_texts_and_places(walk)
        try_a_call(walk, office)
        turn_on(walk)
        see_a_live_call(walk, office)
        change_and_return(walk)
        invite_colleague(walk)
        see_it_on_a_phone(walk)

    assert office.written() == {"clients": 1, "leads": 1, "calls": 1}
    assert office.in_force()["tasks"]["lost_incoming"]["due_minutes"] == 45


def test_admin_turns_it_on_without_scripts(office):
    with office.open(scripts=False) as walk:
        log_in(walk, office)
        make_integration(walk, office)
        sync_users_by_hand(walk)
        choose_without_scripts(walk)
        turn_on(walk)

    rules = office.in_force()
    assert rules["incoming"]["repeat"]["create"] == "deal"
    assert (rules["funnels"]["pipeline_id"], rules["funnels"]["stage_id"]) == ("p_2", "s_21")


def log_in(walk: Walk, office: Office) -> None:
    """By the link that the first start has printed."""
    link = wait_until(lambda: LINK.search(office.stack.log.read_text()))
    walk.page.goto(link[0])
    walk.page.fill("[name=email]", EMAIL)
    walk.page.fill("[name=name]", NAME)
    for field in ("password", "again"):
        walk.page.fill(f"[name={field}]", PASSWORD)
    walk.press("Make my login")
    walk.page.wait_for_url("**/integrations")


def make_integration(walk: Walk, office: Office) -> None:
    """Keys and addresses, tested before they are stored."""
    page = walk.page
    walk.follow("Make the first one")
    page.fill("#title", OFFICE)
    page.fill("#api_key", BEHOMES_KEY)
    open_more(walk)
    page.fill("#behomes_url", office.crm.url)
    walk.press("Test and make")
    page.wait_for_url("**/integrations/1/setup/auth")

    page.fill("#access_token", CALLGEAR_KEY)
    open_more(walk)
    page.fill("#data_api_url", f"{office.pbx.url}/v2.0")
    page.fill("#call_api_url", f"{office.pbx.url}/v4.0")
    walk.press("Test connection")
    expect(page.locator(".check-panel")).to_have_count(2)
    expect(page.locator(".check-panel .tone-error")).to_have_count(0)
    walk.press("Save", exact=True)
    walk.see("Saved. The connections work.", within="#toasts")
    walk.picture("1-auth")
    page.goto("/integrations/1/setup")
    walk.picture("home")
    walk.follow("Authorisation")


def open_more(walk: Walk) -> None:
    walk.page.locator("#auth-form").get_by_text(walk.say("More"), exact=True).click()


def paste_notifications(walk: Walk, office: Office) -> None:
    """Copy address and bodies as a person does, and paste them into the PBX to the letter."""
    page = walk.page
    walk.picture("1-webhook", at="#webhook", instead={"#webhook-url": SHOWN_ADDRESS})
    address = copied(walk, page.locator("#webhook > .field [data-copy]"))
    bodies = [copied(walk, each) for each in page.locator(".wanted-list [data-copy]").all()]

    kinds = [EVENT.search(body)[1] for body in bodies]
    targets = [
        {"url": address, "event": kind, "body": body}
        for kind, body in zip(kinds, bodies, strict=True)
    ]
    office.pbx.control("POST", "/_sim/webhooks", {"targets": targets})
    assert len(set(kinds)) == 8, kinds
    assert address.startswith(office.stack.url)


def copied(walk: Walk, button: Locator) -> str:
    """What stands in the clipboard after pressing this button."""
    button.click()
    expect(button).to_have_text(walk.say("Copied"))
    text: str = walk.page.evaluate("navigator.clipboard.readText()")
    return text


def sync_users(walk: Walk) -> None:
    walk.follow("Next: %(step)s", step=walk.say("User sync"))
    walk.press("Sync users")
    walk.see("Result of the sync")
    expect(walk.page.locator("#count-created")).to_contain_text("1")
    expect(walk.page.locator("#count-conflict")).to_contain_text("0")
    walk.picture("2-users")


def sync_users_by_hand(walk: Walk) -> None:
    """Without scripts the page is asked again by the person."""
    walk.page.goto("/integrations/1/setup/users")
    walk.press("Sync users")

    def is_over() -> bool:
        walk.page.goto("/integrations/1/setup/users")
        return walk.page.locator("#count-created").count() == 1

    wait_until(is_over, seconds=PATIENT_MS / 1000)
    expect(walk.page.locator("#count-created")).to_contain_text("1")


def choose_without_scripts(walk: Walk) -> None:
    """What depends on a choice appears after it was saved; the stages after a button."""
    page = walk.page
    go_on(walk, "Incoming call settings")
    walk.choose("incoming-repeat-create-deal", "Create a deal")
    save(walk)
    page.goto("/integrations/1/setup/funnels")
    page.select_option("#funnels-pipeline_id", label="Off-plan sale")
    walk.press("Show the stages")
    page.select_option("#funnels-stage_id", label="EOI")
    page.select_option("#responsible-incoming_user_id", label=AGENT_THREE)
    save(walk)


def choose_rules(walk: Walk) -> None:
    """Incoming, outgoing, tasks."""
    page = walk.page
    walk.follow("Next: %(step)s", step=walk.say("Incoming call settings"))
    walk.choose("incoming-first-create-lead", "Create a lead")
    walk.choose("incoming-first-owner-answered_by", "Employee who answered the call")
    walk.choose("incoming-repeat-create-deal", "Create a deal")
    page.select_option("#responsible-incoming_user_id", label=AGENT_THREE)
    save(walk)
    walk.picture("3-incoming")

    go_on(walk, "Outgoing call settings")
    walk.choose("outgoing-first-owner-caller", "Employee who made the call")
    page.select_option("#outgoing-click_to_call-virtual_number", index=1)
    save(walk)
    walk.picture("4-outgoing")

    go_on(walk, "Tasks")
    walk.choose(
        "tasks-lost_incoming-assign-from_settings",
        "Employee from the integration settings",
    )
    page.fill("#tasks-lost_incoming-due_minutes", "20")
    save(walk)
    walk.picture("5-tasks")


def choose_texts_and_places(walk: Walk) -> None:
    """A template, the funnel with the responsible, the fields."""
    page, title = walk.page, LEAD_TITLE[walk.locale]
    go_on(walk, "Templates")
    page.locator("#templates-lead").get_by_role("link", name=walk.say("Change")).click()
    page.get_by_label(walk.say("Own template")).check()
    page.locator("textarea").first.fill("")
    page.locator("[data-insert='{{contact_phone_number}}']").click()
    expect(page.locator("textarea").first).to_have_value("{{contact_phone_number}}")
    page.locator("textarea").first.fill(f"{title} {{{{contact_phone_number|phone}}}}")
    expect(page.locator(".template-work")).to_contain_text(f"{title} +97150")
    walk.picture("6-templates", at=".editor-head")
    page.click("#save-button")
    page.wait_for_url("**/setup/templates")
    expect(page.locator("#templates-lead")).to_contain_text(title)

    go_on(walk, "Sales funnels")
    page.select_option("#funnels-pipeline_id", label="Off-plan sale")
    page.select_option("#funnels-stage_id", label="EOI")
    expect(page.locator("#responsible-incoming_user_id")).to_have_value("u_19")
    page.select_option("#responsible-outgoing_user_id", label=AGENT_THREE)
    save(walk)
    walk.picture("7-funnels")

    go_on(walk, "Additional field settings")
    page.get_by_role("link", name=walk.say("Lead")).click()
    walk.press("Suggest matches")
    expect(page.locator("#field-row-list tr")).to_have_count(5)
    save(walk)
    walk.picture("8-fields")


def try_a_call(walk: Walk, office: Office) -> None:
    """The trial tells what would be made, and makes nothing."""
    written = office.written()
    walk.page.goto("/integrations/1/try")
    walk.press("Show what happens")
    expect(walk.page.locator("#try-result")).to_contain_text(LEAD_TITLE[walk.locale])
    walk.picture("try")
    assert office.written() == written


def turn_on(walk: Walk) -> None:
    walk.page.goto("/integrations/1/setup/fields")
    walk.follow("Next: %(step)s", step=walk.say("Check and turn on"))
    walk.see("Nothing is missing, and everything chosen exists in Behomes.")
    walk.picture("9-review")
    walk.press("Turn on the integration")
    walk.see("The integration is on. Calls run by version %(number)s.", within="#toasts", number=1)


def see_a_live_call(walk: Walk, office: Office) -> None:
    """A call is made at the PBX; every link lights up, and the CRM has one of each."""
    page = walk.page
    page.goto("/integrations/1/setup/auth")
    walk.follow("Check with a live call")
    walk.press("Begin")
    expect(page.locator(".chain li")).to_have_count(6)
    short = {"ring_seconds": 1, "talk_seconds": 2, "speed": 3}
    order = {"recipe": "inbound_answered", "contact": NEW_CLIENT, **short}
    office.pbx.control("POST", "/_sim/calls", order)

    expect(page.locator(".chain-lit")).to_have_count(6, timeout=60_000)
    walk.picture("10-live")
    page.get_by_role("link", name=walk.say("Open the call")).click()
    expect(page.locator("[aria-labelledby=created] li")).to_contain_text(
        [walk.say("Client"), walk.say("Lead")]
    )
    walk.picture("call")
    assert office.written() == {"clients": 1, "leads": 1, "calls": 1}
    lead = office.crm.control("GET", "/_sim/written?entity=leads")["leads"][-1]
    assert lead["title"] == f"{LEAD_TITLE[walk.locale]} +{NEW_CLIENT}"
    assert lead["responsible_user_id"] == "u_17"


def change_and_return(walk: Walk) -> None:
    """A second version, the first one brought back as a draft, and the draft thrown away."""
    page = walk.page
    page.goto("/integrations/1/setup/tasks")
    page.fill("#tasks-lost_incoming-due_minutes", "45")
    page.click("#save-button")
    expect(page.locator(".draft-bar")).to_be_visible()
    walk.picture("11-draft")
    page.locator(".draft-bar").get_by_role("link", name=walk.say("Check")).click()
    expect(page.locator("[aria-labelledby=changes-title] tbody tr")).to_have_count(1)
    expect(page.locator("[aria-labelledby=changes-title] tbody")).to_contain_text("45")
    walk.press("Apply the changes")
    applied = "The changes are applied. Calls run by version %(number)s."
    walk.see(applied, within="#toasts", number=2)

    page.goto("/integrations/1/versions")
    expect(page.locator(".version-row")).to_have_count(2)
    walk.picture("12-versions")
    walk.press("Return to this version")
    expect(page.locator(".draft-bar")).to_be_visible()
    expect(page.locator("[aria-labelledby=changes-title] tbody")).to_contain_text("20")
    page.locator(".draft-bar").get_by_role("link", name=walk.say("Delete the draft…")).click()
    page.locator("#loss button").click()
    expect(page.locator(".draft-bar")).to_have_count(0)
    page.goto("/integrations/1/setup/tasks")
    expect(page.locator("#tasks-lost_incoming-due_minutes")).to_have_value("45")


def invite_colleague(walk: Walk) -> None:
    """A link to pass on, shown once; the invitation waits in the list."""
    walk.page.goto("/integrations/1/people")
    walk.follow("Invite")
    walk.page.fill("[name=email]", COLLEAGUE)
    walk.press("Make the link")
    walk.see("Copy the link now: it is shown only this once")
    walk.page.goto("/integrations/1/people")
    walk.see(COLLEAGUE)
    walk.picture("people")


def see_it_on_a_phone(walk: Walk) -> None:
    walk.page.set_viewport_size({"width": 390, "height": 844})
    walk.page.goto("/integrations/1/setup/incoming")
    expect(walk.page.locator("#save-button")).to_be_in_viewport()
    walk.picture("phone")


def save(walk: Walk) -> None:
    """Save the step, and see that it is done."""
    walk.page.click("#save-button")
    here = walk.page.locator(".steps-wide [aria-current=step]")
    expect(here).to_contain_text(walk.say_of("set-up", "Done"))


def go_on(walk: Walk, title: str) -> None:
    walk.follow("Next: %(step)s", step=walk.say(title))
    expect(walk.page.locator("h1")).to_have_text(walk.say(title))
