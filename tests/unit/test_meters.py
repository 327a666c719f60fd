"""Numbers counted in many processes add up, and only ever grow."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from services import meters
from services.meter_layout import FAMILIES


@pytest.fixture
def counting(tmp_path):
    yield meters.use(tmp_path)
    meters.use(tmp_path / "elsewhere")


def told(name, *labels):
    found = {family.name: samples for family, samples in meters.read()}[name]
    return next(sample for sample in found if sample.labels == labels)


def in_child(body, *, stays=False):
    """Run `body` in a forked process; with `stays` it lives until it is killed."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        body()
        os.write(tell, b"x")
        if stays:
            signal.pause()
        os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(tell)
    return pid


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_many_processes_and_threads_add_up(counting):
    def count():
        for _ in range(500):
            meters.count("calls_worked_total", "written")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pid in [in_child(count) for _ in range(3)]:
        os.waitpid(pid, 0)

    assert told("calls_worked_total", "written").value == 7 * 500


def test_what_a_killed_process_has_counted_stays(counting):
    end(in_child(lambda: meters.count("calls_worked_total", "failed"), stays=True))
    end(in_child(lambda: meters.count("calls_worked_total", "failed"), stays=True))

    assert told("calls_worked_total", "failed").value == 2


def test_a_level_ends_with_its_process(counting):
    meters.level("console_streams", 2)
    pid = in_child(lambda: meters.level("console_streams", 3), stays=True)

    with_both = told("console_streams").value
    end(pid)

    assert (with_both, told("console_streams").value) == (5, 2)


def test_a_histogram_adds_up_as_prometheus_wants_it(counting):
    for seconds in (0.001, 0.03, 0.03, 9.0):
        meters.observe("hook_seconds", "accepted", seconds=seconds)

    sample = told("hook_seconds", "accepted")
    assert (sample.value, round(sample.total, 3)) == (4, 9.061)
    assert sample.buckets == (1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 4)


def test_the_lowest_of_all_processes_counts(counting):
    assert told("pbx_points_left").value == 1
    meters.low("pbx_points_left", 0.5)
    pid = in_child(lambda: meters.low("pbx_points_left", 0.3), stays=True)

    lowest = told("pbx_points_left").value
    end(pid)

    assert (round(lowest, 6), told("pbx_points_left").value) == (0.3, 0.5)


def test_numbers_survive_a_restart(counting, tmp_path):
    meters.count("log_lines_total", "error")

    meters.use(tmp_path / "elsewhere")
    meters.use(tmp_path)

    assert told("log_lines_total", "error").value == 1


def test_labels_cannot_grow():
    assert sum(len(family.combinations) for family in FAMILIES) < 100
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
