"""Both sides of an employee sync, empty."""

from __future__ import annotations

import pytest

from tests.offices import TwoSides


@pytest.fixture
def sides(any_server, pbx):
    sides = TwoSides(any_server, pbx)
    sides.plant([])
    sides.connect()
    return sides
