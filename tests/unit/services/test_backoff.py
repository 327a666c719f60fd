"""When a failed request is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services import backoff
from tests.unit.services.ledger import NOW


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 5), (1, 5), (2, 15), (3, 60), (4, 300), (5, 900), (6, 3600), (7, 3600), (99, 3600)],
)
def test_each_attempt_waits_longer_up_to_an_hour(attempts, seconds):
    waits = [backoff.delay(attempts).total_seconds() for _ in range(200)]

    assert seconds * 0.85 <= min(waits) < seconds < max(waits) <= seconds * 1.15


@pytest.mark.parametrize(
    ("planned_at", "is_over"),
    [
        pytest.param(None, False, id="never-planned"),
        pytest.param(NOW, False, id="just-planned"),
        pytest.param(NOW - timedelta(hours=72), False, id="just-three-days"),
        pytest.param(NOW - timedelta(hours=72, seconds=1), True, id="longer"),
    ],
)
def test_it_is_given_up_after_three_days(planned_at, is_over):
    assert backoff.is_over(planned_at, NOW) is is_over
