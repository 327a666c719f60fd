"""The history does not get slower as it grows: each query walks an index, and only so far."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from models import db
from services.call_filter import CallFilter
from services.find_calls import find_calls
from tests.pages import NOON

BY_TIME = "ix_call_session_started (integration_id=?"
BY_NUMBER = "ix_call_session_client (integration_id=? AND client_phone=?)"


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        pytest.param(CallFilter(), BY_TIME, id="all"),
        pytest.param(CallFilter(since=NOON, until=NOON), BY_TIME, id="period"),
        pytest.param(CallFilter(employee="101"), BY_TIME, id="employee"),
        pytest.param(CallFilter(employee_id="101"), BY_TIME, id="own calls"),
        pytest.param(CallFilter(client="c_1", since=NOON), BY_TIME, id="client"),
        pytest.param(CallFilter(number="+971501234500"), BY_NUMBER, id="number"),
    ],
)
def test_every_query_of_the_list_uses_an_index(app, office, wanted, index):
    with app.app_context():
        asked = []

        def remember(connection, cursor, statement, parameters, context, many):
            if "call_session" in statement and not statement.startswith("EXPLAIN"):
                asked.append((statement, parameters))

        event.listen(db.engine, "before_cursor_execute", remember)
        try:
            find_calls(office.id, wanted)
        finally:
            event.remove(db.engine, "before_cursor_execute", remember)
        plans = [
            " ".join(
                row.detail
                for row in db.session.connection().exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
            )
            for statement, parameters in asked
        ]

    assert plans
    assert [plan for plan in plans if index not in plan] == []
    assert [plan for plan in plans if "SCAN call_session" in plan] == []
