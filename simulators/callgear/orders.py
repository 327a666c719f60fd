"""The order of a call: what the control interface may ask for, and the call made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulators.callgear.account import Account
from simulators.callgear.calls import Call, Row
from simulators.callgear.recipes import OUTBOUND, RECIPES, WHOLE_GROUP, Cast
from simulators.callgear.script import Script
from simulators.callgear.world import World

DEFAULT_CONTACT = "971500000211"  # nobody in the demo CRM
HIDDEN = "anonymous"
NEVER = ("record_never",)


@dataclass
class Order:
    """One call to be made; the members are those of `POST /_sim/calls`."""

    recipe: str
    contact: str | None = None
    virtual_number: str | None = None
    employees: list[int] = field(default_factory=list)
    talk_seconds: float | None = None
    ring_seconds: float | None = None
    speed: float | None = None
    shape: str | None = None
    extra: list[str] = field(default_factory=list)
    call_session_id: int | None = None
    recording: bool = True
    recording_seconds: float | None = None
    marketing: Row = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    external_id: str | None = None
    direction: str | None = None
    source: str | None = None
    first_call: str = "employee"
    lost_first: bool = False
    notify: bool = True
    report: bool | None = None
    started_at: str | None = None
    ask_manager: bool = False
    account: int | None = None
    wait: bool = False

    @classmethod
    def read(cls, body: dict[str, Any]) -> Order:
        """Raises ValueError if the order cannot be understood."""
        if body.get("recipe") not in RECIPES:
            known = ", ".join(RECIPES)
            raise ValueError(f"unknown recipe {body.get('recipe')!r}; known: {known}")
        try:
            return cls(**body)
        except TypeError as error:
            raise ValueError(str(error)) from error


def make_call(world: World, order: Order) -> Call:
    """Write the whole call down and put it into its account. Raises ValueError, KeyError."""
    account = world.account(order.account)
    call = _bare_call(world, account, order)
    if call.id in account.calls:
        raise ValueError(f"call {call.id} is there already")
    script = Script(call, next_leg_id=lambda: world.next_id("leg"))
    RECIPES[order.recipe](script, _cast(world, account, order))
    if order.recording and call.talks and not world.faults.pick(NEVER, _context(call)):
        delay = order.recording_seconds
        script.records(world.config.recording_seconds if delay is None else delay)
    _place_in_time(world, account, call, order)
    account.add_call(call)
    return call


def _bare_call(world: World, account: Account, order: Order) -> Call:
    number = order.virtual_number or account.numbers[0]["virtual_phone_number"]
    contact = _contact(account, order)
    return Call(
        id=order.call_session_id or world.next_call_id(),
        app_id=account.app_id,
        recipe=order.recipe,
        direction=order.direction or ("out" if order.recipe in OUTBOUND else "in"),
        source=order.source or _source(order.recipe),
        contact=contact,
        virtual_number=number,
        started=account.now,
        scenario=account.scenario_of(number),
        speed=world.config.speed if order.speed is None else order.speed,
        shape=order.shape or world.config.shape,
        extra=tuple(order.extra),
        marketing=order.marketing,
        tags=[_tag(world, account, name) for name in order.tags],
        contact_row=account.contact_by_phone(contact),
        external_id=order.external_id,
        is_internal=order.recipe == "internal",
        in_report=order.recipe != "internal" if order.report is None else order.report,
    )


def _contact(account: Account, order: Order) -> str:
    if order.contact is not None:
        return order.contact
    if order.recipe == "hidden_number":
        return HIDDEN
    if order.recipe == "internal":
        people = _employees(account, order)
        caller = people[1 % len(people)]
        return str((caller["extension"] or {}).get("extension_phone_number", ""))
    return DEFAULT_CONTACT


def _source(recipe: str) -> str:
    if recipe.startswith("click"):
        return "callapi"
    return "sip" if recipe in OUTBOUND or recipe == "internal" else "va"


def _tag(world: World, account: Account, name: str) -> Row:
    for tag in account.tags:
        if tag["name"] == name:
            return tag
    tag = {"id": world.next_id("tag"), "name": name, "is_system": False}
    account.tags.append(tag)
    return tag


def _employees(account: Account, order: Order) -> list[Row]:
    if order.employees:
        return [account.employees[employee_id] for employee_id in order.employees]
    everybody = list(account.employees.values())
    if not everybody:
        raise ValueError(f"account {account.app_id} has no employees")
    return everybody[: 3 if order.recipe in WHOLE_GROUP else 2]


def _cast(world: World, account: Account, order: Order) -> Cast:
    config = world.config
    return Cast(
        employees=_employees(account, order),
        ring=config.ring_seconds if order.ring_seconds is None else order.ring_seconds,
        talk=config.talk_seconds if order.talk_seconds is None else order.talk_seconds,
        lost_first=order.lost_first,
        first_call=order.first_call,
        outgoing_event=config.click_outgoing_event,
    )


def _place_in_time(world: World, account: Account, call: Call, order: Order) -> None:
    if order.started_at:
        call.started = datetime.fromisoformat(order.started_at)
    elif world.config.anchor == "end" and call.speed > 0:
        call.started = account.now - timedelta(seconds=call.total * (1 - 1 / call.speed))


def _context(call: Call) -> dict[str, str]:
    return {"operation": "record", "account": str(call.app_id), "call": str(call.id)}
