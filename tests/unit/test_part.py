from __future__ import annotations

from runtime.part import Child, Part


def crash(child, *, lived_seconds, times=1):
    now, delays = 0.0, []
    for _ in range(times):
        child.started(1, now)
        now += lived_seconds
        delays.append(child.ended(1, now))
        now = child.next_start_at
    return delays


def test_delay_doubles_up_to_eight_seconds():
    child = Child(Part("web", print))

    delays = crash(child, lived_seconds=1, times=8)

    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]


def test_delay_is_short_again_after_a_healthy_minute():
    child = Child(Part("web", print))
    crash(child, lived_seconds=1, times=6)

    delays = crash(child, lived_seconds=61)

    assert delays == [0.5]


def test_finished_task_does_not_start_again():
    child = Child(Part("migrations", print, once=True))
    child.started(1, 0.0)

    child.ended(0, 1.0)

    assert (child.is_finished, child.is_waiting, child.failures) == (True, False, 0)
