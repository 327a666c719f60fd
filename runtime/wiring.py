"""What the application gives to services and jobs: clients, inbox, ringer."""

from __future__ import annotations

from flask import Flask

from clients.behomes import BehomesClient
from clients.callgear import MEDIA_HOST, CallGearClient
from clients.http import Http
from clients.wire import load_wire
from jobs.queue import Ringer
from models import db
from runtime.broker import find_url
from runtime.config import Config
from runtime.process import StopFlag
from services import console_events, meters
from services.console_hub import Hub
from services.hook_access import HookAccess
from services.inbox import Inbox
from services.manager_desk import ManagerDesk
from services.ports import CrmAccess, PbxAccess, Ports
from services.token_uses import TokenUses

# Threads of a web process that consoles leave to notifications and pages.
KEPT_THREADS = 40
NOT_STOPPING = StopFlag()


def make_ports(config: Config, app: Flask) -> Ports:
    """The doors to the outside for one process; nothing is opened yet."""
    http = Http(config.api_hosts)
    wire = load_wire()

    def make_crm(access: CrmAccess) -> BehomesClient:
        return BehomesClient(wire, http, access.base_url, access.api_key)

    def make_pbx(access: PbxAccess) -> CallGearClient:
        return CallGearClient(
            http,
            data_api_url=access.data_api_url,
            call_api_url=access.call_api_url,
            access_token=access.access_token,
            timezone=access.timezone,
            media_host=access.media_host or MEDIA_HOST,
        )

    return Ports(
        vault=app.extensions["vault"],
        http=http,
        make_crm=make_crm,
        make_pbx=make_pbx,
        public_base_url=config.public_base_url.rstrip("/"),
        settle_seconds=config.settle_seconds,
        enrich_seconds=config.enrich_seconds,
        recording_link_days=config.recording_link_days,
        recordings_dir=config.recordings_dir,
        secret_key=config.secret_key,
        old_secret_keys=config.old_secret_keys,
    )


def wire_up(app: Flask, config: Config) -> None:
    """Put the parts where views and jobs find them, and renew them in forked processes."""
    with app.app_context():
        engine = db.engine
    inbox = Inbox(engine)
    redis_url = find_url(config)
    ringer = Ringer(redis_url, config.call_workers)
    uses = TokenUses(engine)
    console_events.use(redis_url)
    hub = Hub(
        engine,
        redis_url,
        room=room_for_consoles(config.web_threads),
        is_stopping=lambda: app.extensions.get("stopping", NOT_STOPPING).is_set(),
    )
    meters.use(config.instance_dir)
    ports = make_ports(config, app)
    desk = ManagerDesk(engine, ports)
    app.extensions |= {
        "ports": ports,
        "inbox": inbox,
        "hook_access": HookAccess(engine, app.extensions["vault"], uses),
        "ringer": ringer,
        "redis_url": redis_url,
        "console_hub": hub,
        "manager_desk": desk,
    }
    app.extensions.setdefault("after_fork", []).extend(
        [inbox.reset, ringer.reset, uses.reset, hub.reset, desk.reset]
    )


def room_for_consoles(threads: int) -> int:
    """How many streams one web process holds: each has a thread, and some are kept for others."""
    return max(1, threads - min(KEPT_THREADS, threads // 2))
