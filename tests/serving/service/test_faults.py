"""The table of faults: each part down, slow and giving nonsense, injected where the rest of the house meets it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from copy import copy
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event as listening
from sqlalchemy import text

from agent.chat.intents import IntentReader
from agent.chat.parts import Card, Part, plain
from agent.fusion import LanguageWeight
from agent.recommender import Recommender
from history.records import Event
from serving.service.options import ServiceOptions
from serving.service.refusals import Unavailable
from serving.service.service import Service

SLOW = 3.0  # seconds, several times what a service waits in whose way something is slow
QUICK = ServiceOptions(model_seconds=1.0, retrieval_seconds=1.0, store_seconds=1.0, rest=0.6)
PATIENT = ServiceOptions(model_seconds=20, retrieval_seconds=20, store_seconds=20, rest=0.6)  # on a busy machine too
WRITER = "u03"  # wrote a comment, so that the encoder has a say in their lists
Undo = Callable[[], None]
Inject = Callable[[Recommender, str], Undo]


def faulty(real: Callable[..., Any], kind: str, nonsense: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function that is down, slow, or gives nonsense in the place of its result."""

    def call(*arguments: Any, **named: Any) -> Any:
        if kind == "down":
            raise RuntimeError("connection lost")
        if kind == "slow":
            time.sleep(SLOW)
        found = real(*arguments, **named)
        return nonsense(found) if kind == "wrong" else found

    return call


def patched(holder: Any, names: tuple[str, ...], kind: str, nonsense: Callable[[Any], Any]) -> Undo:
    for name in names:
        vars(holder)[name] = faulty(getattr(holder, name), kind, nonsense)

    def undo() -> None:
        for name in names:
            del vars(holder)[name]

    return undo


def in_model(recommender: Recommender, kind: str) -> Undo:
    def nonsense(scores: Any) -> Any:
        for one in scores:
            one.values[:] = np.nan
        return scores

    return patched(recommender.knowledge.resources.engine, ("score_all",), kind, nonsense)


def in_encoder(recommender: Recommender, kind: str) -> Undo:
    return patched(recommender.knowledge.resources.encoder, ("encode",), kind, lambda found: found * np.nan)


def in_index(recommender: Recommender, kind: str) -> Undo:
    know = recommender.knowledge
    undo = patched(know.retriever, ("log_probability",), kind, lambda found: found * np.nan)
    also = patched(know.index, ("search",), kind, lambda found: (found[0], found[1] * np.nan))

    def both() -> None:
        undo()
        also()

    return both


def in_store(recommender: Recommender, kind: str) -> Undo:
    engine = recommender.knowledge.store._engine

    def run(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    if kind == "down":
        run("ALTER TABLE events RENAME TO gone")
        return lambda: run("ALTER TABLE gone RENAME TO events")
    if kind == "wrong":
        run("UPDATE events SET timestamp = 'long ago ' || timestamp, value = 'much'")
        return lambda: run("UPDATE events SET timestamp = CAST(substr(timestamp, 10) AS REAL), value = NULL")

    def wait(*_: object) -> None:
        time.sleep(SLOW)

    listening.listen(engine, "begin", wait)
    return lambda: listening.remove(engine, "begin", wait)


FAULTS: dict[str, Inject] = {"model": in_model, "encoder": in_encoder, "index": in_index, "store": in_store}
KINDS = ("down", "slow", "wrong")
RETRIEVAL, POPULAR, WHOLE = "retrieval only", "recent and popular", "fake (nf4)"
LISTS = {"model": RETRIEVAL, "encoder": POPULAR, "index": POPULAR, "store": POPULAR}
WITHOUT_TEXTS = {**LISTS, "encoder": WHOLE}
TITLES = {"model": False, "encoder": True, "index": True, "store": False}  # whether only titles are searched
REFUSED = {  # what only the store, or only the index, can answer; a row that cannot be read hinders no writing
    **{("index", kind): {"explain"} for kind in KINDS},
    **{("encoder", kind): {"explain"} for kind in KINDS},
    **{("store", kind): {"explain", "record"} for kind in KINDS},
    ("store", "wrong"): {"explain"},
}


async def answered(work: Awaitable[Any]) -> bool:
    try:
        await work
    except Unavailable as error:
        assert error.retry_after >= 1
        return False
    return True


def asking(recommender: Recommender, reader: IntentReader) -> IntentReader:
    """The same reader, asking the recommender's encoder, whatever befalls it."""
    resources, same = recommender.knowledge.resources, copy(reader)
    same._encode = lambda texts: resources.encoder.encode(texts)
    return same


async def chat(service: Service) -> tuple[list[Part], bool]:
    turn = service.chat(WRITER, "recommend me something")
    return [part async for part in turn.parts()], turn.degraded


async def recovered(service: Service) -> bool:
    """Whether all is well again, without anybody's doing, after some requests have been the trials."""
    for _ in range(60):
        await asyncio.sleep(0.2)
        lists = [await service.recommend(WRITER, 5), await service.recommend(WRITER, 5, llm=False, rationale=False)]
        well = {one.breaker.state for one in service.parts.all()} == {"closed"}
        if well and [one.engine for one in lists] == [WHOLE, RETRIEVAL]:
            return True
    return False


@pytest.fixture
def told(recommender: Recommender) -> Recommender:
    """A recommender whose language model has a say, and a user with a comment."""
    know = recommender.knowledge
    know.language_weight = LanguageWeight(0.5, 0.5, 0.1, 64)
    know.store.add(events=[Event(WRITER, "i01", 2_000_000.0, "comment", text="amber and copper")])
    return recommender


def within(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 120))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", FAULTS)
def test_every_fault_has_the_outcome_of_the_table(
    told: Recommender, learnt: dict[str, IntentReader], part: str, kind: str
) -> None:
    async def work() -> None:
        service = Service(told, QUICK if kind == "slow" else PATIENT)
        service.chats.intents["en"] = asking(told, learnt["en"])
        await service.warm()
        assert (await service.recommend(WRITER)).engine == WHOLE
        undo = FAULTS[part](told, kind)
        told.knowledge.reader._tastes._known.clear()  # what was embedded is embedded again

        found = await service.recommend(WRITER, 5)
        assert (found.engine, found.degraded, len(found.items)) == (LISTS[part], True, 5)
        assert len(found.recommendation_id) == 32
        assert all(item.rationale and item.rationale.verified for item in found.items)
        await asyncio.sleep(SLOW if kind == "slow" else 0)  # until the threads are free again
        assert (await service.search("amber castle", k=2)).degraded is TITLES[part]
        parts, degraded = await chat(service)
        assert degraded
        assert any(isinstance(one, Card) for one in parts), [plain(one) for one in parts]
        refused = set()
        if not await answered(service.explain(WRITER, "i07")):
            refused.add("explain")
        if not await answered(service.record([Event("u05", "i02", 3_000_000.0, "like")])):
            refused.add("record")
        table = REFUSED.get((part, kind), set())
        assert refused == table or (kind == "slow" and refused < table)  # what came late was kept for the next

        undo()
        assert await recovered(service)
        service.close()

    within(work())


@pytest.mark.parametrize("kind", KINDS)
def test_a_user_who_wrote_nothing_needs_no_encoder(
    told: Recommender, learnt: dict[str, IntentReader], kind: str
) -> None:
    async def work() -> None:
        service = Service(told, QUICK if kind == "slow" else PATIENT)
        service.chats.intents["en"] = asking(told, learnt["en"])
        await service.warm()
        in_encoder(told, kind)
        assert (await service.recommend("u05", 5)).engine == WITHOUT_TEXTS["encoder"]
        service.close()

    within(work())


def test_an_open_breaker_answers_at_once(told: Recommender) -> None:
    async def work() -> None:
        service = Service(told, QUICK)
        in_model(told, "slow")
        await service.recommend(WRITER)
        began = time.monotonic()
        found = await service.recommend(WRITER)
        assert found.engine == RETRIEVAL
        assert time.monotonic() - began < QUICK.model_seconds
        service.close()

    within(work())
