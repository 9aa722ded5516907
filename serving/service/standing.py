"""What a service stands on: a recommender that is read anew when items change, and the parts that work for it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from agent.knowledge import Knowledge
from agent.popular import Popular
from agent.recommender import Keep, Recommender
from history.timeline import Timeline
from history.where import compile_where
from serving.service.options import ServiceOptions
from serving.service.parts import Parts
from serving.service.refusals import Unavailable, Waited
from workspace.errors import DataError, UnknownName, UsageError

T = TypeVar("T")
Who = str | Timeline  # a user of the store, or a visitor with this history
AGAIN = 15.0  # seconds until a catalogue that could not be read anew is tried again
logger = logging.getLogger(__name__)


class Standing:
    """The parts of a service, and how they are asked. All belongs to one event loop; nothing blocks it."""

    def __init__(self, recommender: Recommender, options: ServiceOptions | None = None) -> None:
        self.options = options or ServiceOptions()
        self.parts = Parts(self.options)
        self.recommender = recommender
        self.popular = Popular.of(recommender.knowledge)
        self.ready = False
        self._asks_model = True  # until it is known
        self._changing = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def know(self) -> Knowledge:
        """What the recommender stands on."""
        return self.recommender.knowledge

    async def warm(self) -> None:
        """Open the models, so that nobody waits for it; what cannot be opened is left to the breakers."""
        for part, job in ((self.parts.retrieval, self._open_encoder), (self.parts.model, self._open_model)):
            try:
                with part.breaker.guard():
                    await part.lane.run(job, usual=False)
            except Unavailable:
                logger.warning("the %s could not be opened: answers come without", part.lane.name)
        gc.collect()
        gc.freeze()  # what is here stays: no later collection need look at it, while all requests wait
        self.ready = True

    def close(self) -> None:
        """Take no more requests."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        self.parts.close()

    async def timeline(self, user: Who) -> Timeline:
        """All that somebody did.

        Raises:
            UnknownName: no such user.
        """
        return user if isinstance(user, Timeline) else await self.stored(partial(self.know.store.timeline, user))

    async def stored(self, job: Callable[[], T]) -> T:
        """What a job on the store gives."""
        return await self.parts.store.run(job, UnknownName, UsageError, DataError)

    async def filter(self, where: str) -> Keep | None:
        """The test that a filter puts to an item; None where there is no filter.

        Raises:
            FilterError: it does not parse.
        """
        if not where:
            return None
        return await self.parts.light.run(partial(compile_where, where, self.know.catalogue))

    async def model_or_not(
        self, job: Callable[[bool], Callable[[], T]], llm: bool, work: float = 1.0
    ) -> tuple[T, bool]:
        """What the job gives with the language model, or, where that is not wanted or down, without; and whether so.

        It may take `work` times as long as others.
        """
        if llm:
            try:
                return await self.parts.model.run(job(True), UsageError, work=work), False
            except (Unavailable, Waited):
                pass
        return await self.parts.retrieval.run(job(False), UsageError, work=work), True

    async def changed(self, job: Callable[[], T]) -> T:
        """What a job gives that changes items; then the catalogue is read anew, though whoever asked may have left."""

        async def change() -> T:
            done = await self.stored(job)
            await self.refresh()
            return done

        task = asyncio.ensure_future(change())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def refresh(self) -> None:
        """Read the catalogue anew; where that fails, what was known serves on, and it is tried again in a while."""
        async with self._changing:
            try:
                found = await self.parts.retrieval.lane.run(self._read_anew, usual=False)
                self.recommender, self.popular = found
                self._asks_model = await self.parts.model.lane.run(lambda: found[0].asks_model)
            except Exception as error:  # whatever the encoder may do
                logger.warning("the catalogue could not be read anew: %s", type(error).__name__)
                self.later(self._refresh_later())

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.warning("work that nobody waits for failed: %s", type(error).__name__)

    def _open_encoder(self) -> None:
        self.know.resources.embed(["warm"], self.know.retriever.text_width)
        self._open_more(self.know, llm=False)

    def _open_more(self, know: Knowledge, llm: bool) -> None:
        """Whatever else takes a while at first, without the language model and with it."""

    def _open_model(self) -> None:
        self._asks_model = self.recommender.asks_model
        self._open_more(self.know, llm=True)
        user = self.know.store.user_ids()[0]
        list(self.recommender.reasons(self.know.store.timeline(user), [next(iter(self.know.catalogue.values()))]))
        self.recommender.listing(self.know.store.timeline(user), 1)

    def _read_anew(self) -> tuple[Recommender, Popular]:
        know = Knowledge(self.know.resources)
        return Recommender(know), Popular.of(know)

    async def _refresh_later(self) -> None:
        await asyncio.sleep(AGAIN)
        await self.refresh()
