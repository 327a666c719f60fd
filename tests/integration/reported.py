"""A server with a simulated PBX whose calls report can be compared with."""

from __future__ import annotations

import pytest

from tests.factories import TASKS
from tests.report import Reported


@pytest.fixture
def office(server, pbx):
    return Reported(server, pbx, settings={"tasks": TASKS})


@pytest.fixture
def any_office(any_server, pbx):
    return Reported(any_server, pbx, settings={"tasks": TASKS})
