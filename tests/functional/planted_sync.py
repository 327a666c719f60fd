"""A sync of users that has been, and what it found."""

from __future__ import annotations

import pytest

from models import CrmUserRow, EmployeeRow, Integration, SyncItem, SyncRun, db
from tests.pages import HTMX, NOON, csrf_token

STEP = "/integrations/{}/setup/users"
RUN = STEP + "/runs/{}"


@pytest.fixture(params=[{}, HTMX], ids=["page", "partial"])
def headers(request):
    return request.param


@pytest.fixture
def connected(app, office):
    """An office with the keys of both sides, one user without an employee, and two to choose."""
    with app.app_context():
        integration = db.session.get_one(Integration, office.id)
        integration.access_token_sealed = "sealed"
        integration.crm_read_at = integration.pbx_read_at = NOON
        for number, name in ((103, "Free Employee"), (104, "<b>Bold</b>")):
            db.session.add(
                EmployeeRow(integration_id=office.id, employee_id=str(number), full_name=name)
            )
        db.session.add(
            CrmUserRow(integration_id=office.id, user_id="u_30", name="New Person", email="n@x.io")
        )
        db.session.commit()
    return office


def plant_run(app, integration_id, *, items=(), **columns):
    """A run that stands in the database; items as (user, result, reason, more)."""
    with app.app_context():
        values = {"state": "done", "phase": "write", "origin": "button", "author": "Boss"}
        moments = dict.fromkeys(("created_at", "started_at", "finished_at"), NOON)
        run = SyncRun(integration_id=integration_id, **{**values, **moments, **columns})
        db.session.add(run)
        db.session.flush()
        for position, (user, result, reason, more) in enumerate(items, start=1):
            item = {"name": f"Name of {user}", "crm_user_id": user, **more}
            db.session.add(
                SyncItem(
                    run_id=run.id,
                    position=position,
                    result=result,
                    reason=reason,
                    **{"values": {}, "candidates": [], **item},
                )
            )
        db.session.commit()
        return run.id


def post(client, path, headers=None, **data):
    data["csrf_token"] = csrf_token(client, "/integrations")
    return client.post(path, data=data, headers=headers or {})


def rows(app, model):
    with app.app_context():
        found = db.session.scalars(db.select(model)).all()
        db.session.expunge_all()
        return found


CONFLICT = (
    "u_30",
    "conflict",
    "same_name",
    {"name": "New Person", "candidates": ["103"]},
)
RESULTS = [
    ("u_17", "skipped", "matched", {"name": "Beta", "values": {"sign": "email"}}),
    ("u_18", "created", "new", {"name": "Alpha", "employee_id": "102"}),
    ("u_20", "updated", "filled", {"values": {"sign": "pair", "fields": ["email", "phones"]}}),
    CONFLICT,
]
