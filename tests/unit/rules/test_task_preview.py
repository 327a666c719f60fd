from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rules.formats import Regional
from rules.task_preview import preview_task
from tests.unit.rules.calls import DUBAI, settings

RU = Regional("ru", DUBAI, "AE")
FRIDAY_EVENING = datetime(2026, 3, 6, 17, 50, tzinfo=DUBAI)
WEEK = {"1": [["09:00", "18:00"]], "5": [["09:00", "18:00"]]}


@pytest.mark.parametrize("name", ["lost_incoming", "failed_outgoing"])
def test_example_is_due_after_the_end_of_its_call(name):
    rules = settings(tasks={name: {"due_minutes": 20}})

    shown = preview_task(name, rules, RU, FRIDAY_EVENING)

    assert shown.due_at.astimezone(DUBAI).strftime("%H:%M:%S") == "18:10:31"
    assert "пропущенный звонок 17:50" in shown.text


def test_example_shows_the_effect_of_working_hours():
    rules = settings(working_hours=WEEK)

    due = preview_task("lost_incoming", rules, RU, FRIDAY_EVENING).due_at.astimezone(DUBAI)

    assert (due.isoweekday(), due.strftime("%H:%M")) == (1, "09:05")


def test_example_uses_the_own_template():
    rules = settings(templates={"task": {"text": "Call {{contact_phone_number|phone}} <b>"}})

    shown = preview_task("lost_incoming", rules, RU, datetime(2026, 3, 6, tzinfo=UTC))

    assert shown.text.startswith("Call +971") and shown.text.endswith("<b>")
