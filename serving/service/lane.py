"""A lane: a few threads, and a short queue before them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from serving.service.refusals import Busy, Waited

A = TypeVar("A")
T = TypeVar("T")
TOGETHER = 16  # jobs of one kind that are done in one go
MEMORY = 0.2  # how much the newest job says about how long jobs take
BEGUN, END = object(), object()


@dataclass(frozen=True, eq=False)
class _Ticket:
    """A job that waits: `together` does it, beside others with the same `key`; None goes with no other."""

    key: Hashable
    argument: Any
    together: Callable[[list[Any]], list[Any]]
    usual: bool = True  # whether it says how long jobs take
    context: Context = field(default_factory=copy_context)  # of whoever asked: spans lie within theirs
    begun: Future[None] = field(default_factory=Future)
    future: Future[Any] = field(default_factory=Future)

    def begin(self) -> bool:
        """Let it begin; false where whoever asked has left."""
        begins = self.future.set_running_or_notify_cancel()
        if begins and self.begun.set_running_or_notify_cancel():
            self.begun.set_result(None)
        return begins


class Lane:
    """Does jobs in threads of its own, first come, first served; refuses at once what it cannot do in time."""

    def __init__(
        self, name: str, threads: int, places: int, patience: float, begin: Callable[[], None] = lambda: None
    ) -> None:
        """At most `places` jobs wait, none longer than about `patience` seconds; each thread begins with `begin`."""
        self.name, self._threads, self._places, self._patience = name, threads, places, patience
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=begin)
        self._waiting: deque[_Ticket] = deque()
        self._lock = threading.Lock()
        self.held = 0  # jobs that wait or are being done
        self.refused = 0
        self._usual = 0.0  # seconds of a job

    async def run(self, job: Callable[[], T], seconds: float | None = None, *, usual: bool = True) -> T:
        """What the job gives; one that is not `usual` says nothing of how long others will take.

        Raises:
            Busy: too much is waiting.
            Waited: its turn did not come within `seconds`.
            TimeoutError: it was not done within `seconds` from when it began.
        """
        found: T = await self._queue(_Ticket(None, job, _each, usual), seconds)
        return found

    async def share(
        self, key: Hashable, argument: A, together: Callable[[list[A]], list[T]], seconds: float | None = None
    ) -> T:
        """The same for a job that is done `together` with those of the same key that wait when its turn comes."""
        found: T = await self._queue(_Ticket(key, argument, together), seconds)
        return found

    async def stream(self, parts: Callable[[], Generator[T]], seconds: float) -> AsyncGenerator[T]:
        """The parts as they come, each within `seconds`; whoever stops listening ends the job."""
        loop, gone, begun = asyncio.get_running_loop(), threading.Event(), threading.Event()
        arrived: asyncio.Queue[Any] = asyncio.Queue()

        def produce() -> None:
            begun.set()
            loop.call_soon_threadsafe(arrived.put_nowait, BEGUN)  # a part's time does not count while others are served
            with closing(parts()) as generator:
                for part in generator:
                    if gone.is_set():
                        return
                    loop.call_soon_threadsafe(arrived.put_nowait, part)

        task = asyncio.ensure_future(self.run(produce))
        task.add_done_callback(lambda _: arrived.put_nowait(END))
        try:
            while (part := await asyncio.wait_for(arrived.get(), seconds)) is not END:
                if part is not BEGUN:
                    yield part
            await task
        except TimeoutError:
            if begun.is_set():
                raise
            raise Waited(f"the {self.name} is busy; try again in a while", self._expected()) from None
        finally:
            gone.set()
            task.cancel()

    def close(self) -> None:
        """Take no more jobs, and forget those that wait."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _queue(self, ticket: _Ticket, seconds: float | None) -> Any:
        self.admit()
        ticket.future.add_done_callback(self._leave)
        with self._lock:
            self.held += 1
            self._waiting.append(ticket)
        self._executor.submit(self._work)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(ticket.begun), seconds)
            if not ticket.future.running() and ticket.future.cancel():
                raise Waited(f"the {self.name} is busy; try again in a while", self._expected())
            return await asyncio.wait_for(asyncio.wrap_future(ticket.future), seconds)
        finally:
            ticket.future.cancel()  # whoever left frees the place, unless the job has begun

    def admit(self) -> None:
        """See that there is a place.

        Raises:
            Busy: too much is waiting.
        """
        expected = self._expected()
        if self.held >= self._places + self._threads or (self.held >= self._threads and expected > self._patience):
            self.refused += 1
            raise Busy(f"the {self.name} is busy: {self.held} requests are before this one", expected)

    def _expected(self) -> float:
        """Seconds until a new job would have its turn."""
        return self.held * self._usual / self._threads

    def _leave(self, _: Future[Any]) -> None:
        with self._lock:
            self.held -= 1

    def _work(self) -> None:
        tickets = self._take()
        if tickets:
            began = time.monotonic()
            _do(tickets)
            if not tickets[0].usual:
                return
            took = (time.monotonic() - began) / len(tickets)
            self._usual = (1 - MEMORY) * self._usual + MEMORY * took if self._usual else took

    def _take(self) -> list[_Ticket]:
        """The job whose turn it is, with those that go with it; nothing where all have left."""
        with self._lock:
            taken: list[_Ticket] = []
            rest: list[_Ticket] = []
            while self._waiting and len(taken) < TOGETHER:
                ticket = self._waiting.popleft()
                if taken and (ticket.key is None or ticket.key != taken[0].key):
                    rest.append(ticket)
                elif not ticket.future.cancelled():
                    taken.append(ticket)
                if taken and taken[0].key is None:
                    break
            self._waiting.extendleft(reversed(rest))
        return [ticket for ticket in taken if ticket.begin()]


def _each(jobs: list[Callable[[], T]]) -> list[T]:
    return [job() for job in jobs]


def _do(tickets: list[_Ticket]) -> None:
    """Do them together; where that fails, each alone, so that none suffers from another."""
    try:
        results = tickets[0].context.run(tickets[0].together, [ticket.argument for ticket in tickets])
    except Exception as error:
        if len(tickets) == 1:
            tickets[0].future.set_exception(error)
        else:
            for ticket in tickets:
                _do([ticket])
    else:
        for ticket, result in zip(tickets, results, strict=True):
            ticket.future.set_result(result)
