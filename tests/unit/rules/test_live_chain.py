"""Each link of the live check: lit, waited for, dark and why, or not for this call."""

from __future__ import annotations

import pytest

from rules.live_chain import Light, LinkName, Seen, chain, is_over

FRESH, LATE = 5, 31


def link(seen: Seen, name: LinkName) -> tuple[Light, str]:
    found = next(each for each in chain(seen) if each.name is name)
    return found.light, found.why


def call(**more) -> Seen:
    """A call that is going on with everything well so far."""
    known = {
        "seconds": FRESH,
        "has_notification": True,
        "has_call": True,
        "direction": "inbound",
        "has_phone": True,
        "state": "waiting",
    }
    return Seen(**{**known, **more})


def ended(**more) -> Seen:
    return call(**{"ended_seconds": FRESH, "is_answered": True, **more})


WELL = {"employee_id": "101", "user_id": "u_17", "is_decided": True, "state": "written"}


def test_nothing_came_yet():
    assert {each.light for each in chain(Seen(seconds=FRESH))} == {Light.WAITING}


def test_all_lights_on():
    links = chain(ended(**WELL, has_recording=True))

    assert {each.light for each in links} == {Light.LIT}
    assert is_over(links)


@pytest.mark.parametrize(
    ("seen", "name", "light", "why"),
    [
        pytest.param(Seen(LATE), LinkName.NOTIFICATION, Light.DARK, "no_notification", id="late"),
        pytest.param(Seen(29), LinkName.NOTIFICATION, Light.WAITING, "", id="patience"),
        pytest.param(
            Seen(FRESH, has_rejected=True),
            LinkName.NOTIFICATION,
            Light.DARK,
            "rejected",
            id="unreadable",
        ),
        pytest.param(
            Seen(FRESH, has_notification=True), LinkName.CALL, Light.WAITING, "", id="kept"
        ),
        pytest.param(
            Seen(LATE, has_notification=True),
            LinkName.CALL,
            Light.DARK,
            "not_taken_in",
            id="no-workers",
        ),
        pytest.param(
            call(direction="internal"), LinkName.CALL, Light.DARK, "internal", id="internal"
        ),
        pytest.param(
            ended(has_phone=False), LinkName.CALL, Light.DARK, "no_number", id="hidden-number"
        ),
        pytest.param(call(), LinkName.EMPLOYEE, Light.WAITING, "", id="rings"),
        pytest.param(
            ended(is_answered=False),
            LinkName.EMPLOYEE,
            Light.DARK,
            "nobody_answered",
            id="nobody-answered",
        ),
        pytest.param(
            call(employee_id="101"), LinkName.EMPLOYEE, Light.DARK, "unmapped", id="unmapped"
        ),
        pytest.param(
            call(is_published=False),
            LinkName.DECISION,
            Light.OPEN,
            "not_published",
            id="not-turned-on",
        ),
        pytest.param(call(is_paused=True), LinkName.WRITTEN, Light.OPEN, "paused", id="paused"),
        pytest.param(
            ended(state="failed", state_reason="write_refused"),
            LinkName.WRITTEN,
            Light.DARK,
            "write_refused",
            id="refused",
        ),
        pytest.param(
            ended(state="skipped", state_reason="internal"),
            LinkName.WRITTEN,
            Light.OPEN,
            "internal",
            id="skipped",
        ),
        pytest.param(
            ended(ended_seconds=LATE, state_reason="key_refused"),
            LinkName.WRITTEN,
            Light.DARK,
            "key_refused",
            id="stuck-and-why",
        ),
        pytest.param(
            ended(ended_seconds=29, state_reason="crm_away"),
            LinkName.WRITTEN,
            Light.WAITING,
            "",
            id="not-stuck-yet",
        ),
        pytest.param(ended(), LinkName.RECORDING, Light.WAITING, "", id="recording-comes"),
        pytest.param(
            ended(ended_seconds=121),
            LinkName.RECORDING,
            Light.DARK,
            "no_recording",
            id="recording-missing",
        ),
        pytest.param(
            ended(is_answered=False), LinkName.RECORDING, Light.OPEN, "no_talk", id="no-talk"
        ),
    ],
)
def test_link(seen, name, light, why):
    assert link(seen, name) == (light, why)


def test_unmapped_employee_does_not_hide_that_the_call_was_written():
    seen = ended(**{**WELL, "user_id": None})

    assert link(seen, LinkName.EMPLOYEE)[0] is Light.DARK
    assert link(seen, LinkName.WRITTEN)[0] is Light.LIT
