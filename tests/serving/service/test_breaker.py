"""A breaker opens, rests, tries once, and closes."""

from __future__ import annotations

import pytest

from serving.service.breaker import FAILURES, Breaker
from serving.service.refusals import Busy, Unavailable
from workspace.errors import UsageError


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def fail(breaker: Breaker, error: Exception) -> None:
    with pytest.raises(Unavailable), breaker.guard():
        raise error


def test_it_opens_after_some_failures_in_a_row_and_closes_after_a_trial() -> None:
    clock, states = Clock(), []
    breaker = Breaker("model", 10.0, clock)
    for _ in range(FAILURES - 1):
        fail(breaker, RuntimeError())
    with breaker.guard():
        pass
    for _ in range(FAILURES):
        states.append(breaker.state)
        fail(breaker, RuntimeError())
    states.append(breaker.state)
    with pytest.raises(Unavailable) as refused, breaker.guard():
        raise AssertionError("nothing is let through")
    assert refused.value.retry_after == 10
    clock.seconds = 11
    states.append(breaker.state)
    fail(breaker, RuntimeError())
    states.append(breaker.state)
    clock.seconds = 22
    with breaker.guard(), pytest.raises(Unavailable), breaker.guard():
        raise AssertionError("one trial at a time")
    states.append(breaker.state)
    assert states == ["closed"] * FAILURES + ["open", "trial", "open", "closed"]


def test_what_took_too_long_opens_it_at_once() -> None:
    breaker = Breaker("model")
    fail(breaker, TimeoutError())
    assert breaker.state == "open"


@pytest.mark.parametrize("error", [UsageError("wrong"), KeyboardInterrupt()])
def test_what_is_not_its_fault_says_nothing_of_it(error: BaseException) -> None:
    clock = Clock()
    breaker = Breaker("model", 10.0, clock)
    fail(breaker, TimeoutError())
    clock.seconds = 11
    for _ in range(FAILURES):
        with pytest.raises(type(error)), breaker.guard(UsageError):
            raise error
    assert breaker.state == "trial"


def test_a_part_that_has_no_time_is_busy_while_it_is_well_and_down_while_it_is_not() -> None:
    clock = Clock()
    breaker = Breaker("model", 10.0, clock)
    with pytest.raises(Busy) as busy, breaker.guard():
        raise Busy("full", 1)
    assert not isinstance(busy.value, Unavailable)
    fail(breaker, TimeoutError())
    clock.seconds = 11
    fail(breaker, Busy("full", 1))
    assert breaker.state == "trial"
