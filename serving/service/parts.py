"""The parts that a service stands on, each with its own threads and its own breaker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Hashable
from typing import TypeVar

from threadpoolctl import threadpool_limits

from serving.service.breaker import Breaker
from serving.service.lane import Lane
from serving.service.options import ServiceOptions

A = TypeVar("A")
T = TypeVar("T")


class Part:
    """A lane watched by a breaker; a job that takes longer than `seconds` has failed."""

    def __init__(
        self,
        name: str,
        threads: int,
        places: int,
        patience: float,
        seconds: float,
        rest: float,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.lane = Lane(name, threads, places, patience, begin)
        self.breaker = Breaker(name, rest)
        self._seconds = seconds

    def admit(self) -> None:
        """See that there is a place, for whoever has more to do before it is wanted; a part left alone is not asked.

        Raises:
            Busy: too much is waiting.
        """
        if self.breaker.state == "closed":
            self.lane.admit()

    async def run(self, job: Callable[[], T], *innocent: type[Exception], work: float = 1.0) -> T:
        """What the job gives, which may take `work` times as long; `innocent` errors of it say nothing of the part.

        Raises:
            Busy: too much is waiting.
            Unavailable: the part failed, or did lately.
        """
        with self.breaker.guard(*innocent):
            return await self.lane.run(job, self._seconds * work)

    async def share(
        self, key: Hashable, argument: A, together: Callable[[list[A]], list[T]], *innocent: type[Exception]
    ) -> T:
        """The same for a job that may be done together with others of its key."""
        with self.breaker.guard(*innocent):
            return await self.lane.share(key, argument, together, self._seconds)

    async def stream(
        self, job: Callable[[], Generator[T]], failed: Callable[[], Exception | None] = lambda: None
    ) -> AsyncGenerator[T]:
        """The parts that the job gives, as they come; `failed` says at the end what went wrong, if anything."""
        with self.breaker.guard():
            async for one in self.lane.stream(job, self._seconds):
                yield one
            if error := failed():
                raise error


def no_more_threads() -> None:
    """Let this thread reckon by itself: several that share out small matrices among all cores wait for one another."""
    threadpool_limits(1, "openmp")
    threadpool_limits(1, "blas")


class Parts:
    """The language model, in one thread that owns it; the retrieval, encoder and index; and the store.

    `light` does what needs none of these, only the catalogue in memory.
    """

    def __init__(self, options: ServiceOptions) -> None:
        rest, patience = options.rest, options.patience
        self.model = Part("language model", 1, options.waiting, patience, options.model_seconds, rest)
        self.retrieval = Part("retrieval", 2, 64, patience, options.retrieval_seconds, rest, no_more_threads)
        self.store = Part("store", 4, 128, patience, options.store_seconds, rest)
        self.light = Lane("catalogue", 2, 64, patience)

    def close(self) -> None:
        """Take no more jobs."""
        for lane in (*(part.lane for part in self.all()), self.light):
            lane.close()

    def all(self) -> tuple[Part, ...]:
        """Each of them."""
        return (self.model, self.retrieval, self.store)
