"""A lane refuses, waits, shares and forgets as it says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator, Iterator
from typing import Any, TypeVar

import pytest

from serving.service.lane import Lane
from serving.service.refusals import Busy, Waited

T = TypeVar("T")


class Gate:
    """A job that ends when it is let go."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        self.open.wait(10)
        return "done"


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane("model", 1, 2, 5.0)
    yield made
    made.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 20))


async def begun(lane: Lane, gate: Gate) -> asyncio.Task[str]:
    task = asyncio.ensure_future(lane.run(gate))
    await asyncio.to_thread(gate.begun.wait, 10)
    return task


def test_what_waits_beyond_its_places_is_refused_at_once(lane: Lane) -> None:
    async def work() -> None:
        gate = Gate()
        first = await begun(lane, gate)
        waiting = [asyncio.ensure_future(lane.run(lambda: "later")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await lane.run(lambda: "too many")
        assert refused.value.retry_after >= 1
        gate.open.set()
        assert [await first, *await asyncio.gather(*waiting)] == ["done", "later", "later"]
        assert lane.held == 0

    run(work())


def test_what_would_wait_too_long_is_refused_before_the_places_are_full() -> None:
    async def work() -> None:
        lane, gate = Lane("model", 1, 100, 0.5), Gate()
        await lane.run(lambda: threading.Event().wait(0.4))  # so long does a job take
        first = await begun(lane, gate)
        second = asyncio.ensure_future(lane.run(lambda: "in time"))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await lane.run(lambda: "too late")
        gate.open.set()
        assert await first == "done"
        assert await second == "in time"
        lane.close()

    run(work())


def test_who_waited_in_vain_and_who_took_too_long_are_told_apart(lane: Lane) -> None:
    async def work() -> None:
        gate = Gate()
        first = asyncio.ensure_future(lane.run(gate, 0.3))
        await asyncio.to_thread(gate.begun.wait, 10)
        with pytest.raises(Waited):
            await lane.run(lambda: "never", 0.1)
        with pytest.raises(TimeoutError) as late:
            await first
        assert not isinstance(late.value, Waited)
        gate.open.set()

    run(work())


def test_who_leaves_frees_the_place(lane: Lane) -> None:
    async def work() -> None:
        gate, done = Gate(), []
        first = await begun(lane, gate)
        gone = asyncio.ensure_future(lane.run(lambda: done.append("gone")))
        await asyncio.sleep(0)
        assert lane.held == 2
        gone.cancel()
        await asyncio.sleep(0.05)
        assert lane.held == 1
        gate.open.set()
        await first
        assert await lane.run(lambda: "next") == "next"
        assert done == []

    run(work())


def test_jobs_of_one_key_are_done_together_and_a_bad_one_spoils_no_other(lane: Lane) -> None:
    async def work() -> None:
        passes: list[list[int]] = []

        def halves(numbers: list[int]) -> list[float]:
            passes.append(numbers)
            return [1 / number for number in numbers]

        wide, gate = Lane("model", 1, 10, 5.0), Gate()
        first = await begun(wide, gate)
        asked = [asyncio.ensure_future(wide.share("halves", number, halves)) for number in (1, 2, 4)]
        other = asyncio.ensure_future(wide.share("other", 5, halves))
        await asyncio.sleep(0)
        gate.open.set()
        await first
        assert await asyncio.gather(*asked) == [1, 0.5, 0.25]
        assert await other == 0.2
        assert passes == [[1, 2, 4], [5]]
        gate = Gate()
        first = await begun(wide, gate)
        asked = [asyncio.ensure_future(wide.share("halves", number, halves)) for number in (1, 0, 2)]
        await asyncio.sleep(0)
        gate.open.set()
        one, zero, two = await asyncio.gather(*asked, return_exceptions=True)
        assert (one, two) == (1, 0.5)
        assert isinstance(zero, ZeroDivisionError)
        wide.close()

    run(work())


def test_a_stream_comes_part_by_part_and_ends_when_nobody_listens(lane: Lane) -> None:
    closed = threading.Event()

    def numbers() -> Generator[int]:
        try:
            number = 0
            while True:
                yield number
                number += 1
                threading.Event().wait(0.01)
        finally:
            closed.set()

    async def work() -> None:
        parts = lane.stream(numbers, 5)
        assert [await anext(parts), await anext(parts)] == [0, 1]
        await parts.aclose()
        assert await asyncio.to_thread(closed.wait, 5)
        assert await lane.run(lambda: "next", 5) == "next"

    run(work())


def test_a_stream_that_fails_or_halts_says_so(lane: Lane) -> None:
    def broken() -> Generator[int]:
        yield 1
        raise ValueError("no more")

    def halting() -> Generator[int]:
        yield 1
        threading.Event().wait(1)

    async def work() -> None:
        for parts, error in ((broken, ValueError), (halting, TimeoutError)):
            with pytest.raises(error):
                _ = [one async for one in lane.stream(parts, 0.3)]

    run(work())


def test_what_is_not_usual_does_not_count() -> None:
    async def work() -> None:
        lane, gate = Lane("model", 1, 100, 0.1), Gate()
        await lane.run(lambda: threading.Event().wait(0.3), usual=False)
        first = await begun(lane, gate)
        second = asyncio.ensure_future(lane.run(lambda: "in time"))
        gate.open.set()
        assert (await first, await second) == ("done", "in time")
        lane.close()

    run(work())


def test_the_time_of_a_job_counts_from_when_it_begins(lane: Lane) -> None:
    async def work() -> None:
        def slowly() -> Generator[int]:
            for number in range(2):
                threading.Event().wait(0.3)
                yield number

        async def streamed() -> list[int]:
            return [part async for part in lane.stream(slowly, 0.55)]

        for later in (lambda: lane.run(lambda: threading.Event().wait(0.4), 0.55), streamed):
            first = asyncio.ensure_future(lane.run(lambda: threading.Event().wait(0.4), 0.55))
            await asyncio.sleep(0)
            assert await later() in (False, [0, 1])  # though it comes .7 s after it was asked for
            assert not await first

    run(work())
