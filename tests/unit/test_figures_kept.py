from __future__ import annotations

import threading

import pytest

from services.figures_kept import LONGEST_SECONDS, MOST_KEPT, WORTH, KeptFigures


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def counting(clock, answers, seconds):
    def count():
        clock.now += seconds
        return next(answers)

    return count


def test_answer_is_kept_for_twenty_times_as_long_as_it_took():
    clock = Clock()
    kept, count = KeptFigures(clock), counting(clock, iter("abc"), seconds=1.0)

    assert kept.get("x", count) == "a"
    clock.now += WORTH - 0.1
    assert kept.get("x", count) == "a"
    clock.now += 0.2
    assert kept.get("x", count) == "b"


def test_no_answer_is_kept_for_ever():
    clock = Clock()
    kept, count = KeptFigures(clock), counting(clock, iter("ab"), seconds=60.0)

    kept.get("x", count)
    clock.now += LONGEST_SECONDS + 1
    assert kept.get("x", count) == "b"


def test_others_have_answers_of_their_own():
    clock = Clock()
    kept, count = KeptFigures(clock), counting(clock, iter("ab"), seconds=1.0)

    assert (kept.get("x", count), kept.get("y", count)) == ("a", "b")


def test_who_asks_for_what_is_being_counted_waits_for_it():
    clock, answers = Clock(), []
    kept = KeptFigures(clock)
    second = threading.Thread(target=lambda: answers.append(kept.get("x", lambda: "b")))

    def count():
        second.start()
        second.join(0.1)  # it would be done by now if it did not wait
        clock.now += 1
        return "a"

    answers.append(kept.get("x", count))
    second.join()
    assert answers == ["a", "a"]


def test_error_is_not_kept():
    kept = KeptFigures()

    def broken():
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        kept.get("x", broken)
    assert kept.get("x", lambda: "a") == "a"


def test_old_answers_are_forgotten():
    clock = Clock()
    kept = KeptFigures(clock)
    for number in range(3 * MOST_KEPT):
        kept.get(number, lambda: "a")
        clock.now += 1

    assert len(kept._kept) <= MOST_KEPT
