"""/integrations/<id>/calls.csv: the calls of a filter as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from flask_babel import get_locale
from flask_babel import gettext as _

from blueprints import words
from blueprints.access import get_integration, protect
from blueprints.call_filters import read_filter
from blueprints.call_rights import only_of, read_names
from blueprints.reasons import Names
from blueprints.shown import phone
from models import CallSession, db
from rules.csv_cells import BOM, cell, csv_line, phone_cell
from rules.vocabulary import Entity
from services.call_clients import CallClient
from services.export_calls import MOST_ROWS, Chunk, export_calls
from services.integrations import database_now

bp = Blueprint("export", __name__)
protect(bp)


@dataclass(frozen=True)
class Wording:
    """All words of the file, told before it is streamed: afterwards there is no request."""

    directions: dict[str, str]
    outcomes: dict[str, str]
    states: dict[str, str]
    hidden: str
    erased: str
    yes: str
    cut: str
    names: Names
    zone: ZoneInfo


@bp.get("/integrations/<int:id>/calls.csv")
def calls(id: int) -> Response:
    """An employee gets the calls that he took part in, with their numbers; an admin all."""
    integration = get_integration(id)
    now = database_now(db.session())
    zone = integration.timezone
    wanted = read_filter(request.args, zone=zone, now=now, employee_id=only_of(id))
    wording, titles = _wording(read_names(id), zone), _titles()
    # Excel divides columns by the sign that the regional settings use for lists.
    delimiter = ";" if str(get_locale()) == "ru" else ","
    chunks = export_calls(db.engine, id, wanted)
    db.session.remove()
    response = Response(_lines(chunks, titles, wording, delimiter), mimetype="text/csv")
    name = f"calls-{now.astimezone(wording.zone):%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(
    chunks: Iterator[Chunk], titles: list[str], wording: Wording, delimiter: str
) -> Iterator[str]:
    yield BOM + csv_line(titles, delimiter)
    for chunk in chunks:
        rows = (_row(call, chunk.clients.get(call.id), wording) for call in chunk.calls)
        yield "".join(csv_line(row, delimiter) for row in rows)
        if chunk.is_cut:
            yield csv_line([wording.cut], delimiter)


def _titles() -> list[str]:
    return [
        _("Started"),
        _("Direction"),
        _("Client’s number"),
        _("Client"),
        _("Employee"),
        _("Waited, s"),
        _("Talked, s"),
        _("Outcome"),
        _("Our number"),
        _("Campaign"),
        _("Client’s id in Behomes"),
        _("Lead"),
        _("Deal"),
        _("Task"),
        _("State"),
        _("Recording"),
        _("Note"),
        _("Call id"),
    ]


def _row(call: CallSession, client: CallClient | None, wording: Wording) -> list[str]:
    facts, names = call.facts, wording.names
    return [
        _time(call.started_at, wording.zone),
        cell(wording.directions.get(call.direction or "", call.direction)),
        _number(call, wording),
        cell(client.name if client else None),
        cell(names.employee(call.employee_id) if call.employee_id else None),
        cell(facts.get("wait_seconds")),
        cell(facts.get("talk_seconds")),
        cell(wording.outcomes.get(call.outcome or "", call.outcome)),
        phone_cell(phone(call.virtual_number)),
        cell(call.campaign),
        cell(client.id if client else None),
        *(cell(call.created.get(f"{kind}_id")) for kind in (Entity.LEAD, Entity.DEAL, Entity.TASK)),
        cell(wording.states.get(call.state, call.state)),
        wording.yes if facts.get("recordings") else "",
        cell(call.note),
        cell(call.call_session_id),
    ]


def _number(call: CallSession, wording: Wording) -> str:
    if call.client_phone:
        return phone_cell(phone(call.client_phone))
    return wording.erased if call.erased_at else wording.hidden


def _wording(names: Names, zone: str) -> Wording:
    return Wording(
        directions={name: str(word.label) for name, word in words.DIRECTIONS.items()},
        outcomes={name: str(word.label) for name, word in words.OUTCOMES.items()},
        states={name: str(word.label) for name, word in words.CALL_STATES.items()},
        hidden=_("Hidden number"),
        erased=_("Number erased"),
        yes=_("yes"),
        cut=_(
            "Only the newest %(count)s calls are in this file: choose a shorter period for the"
            " others.",
            count=MOST_ROWS,
        ),
        names=names,
        zone=ZoneInfo(zone),
    )


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
