"""How requests share the language model, and who need not wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from agent.fusion import LanguageWeight
from agent.recommender import Recommender
from engine.protocol import Scores, Tree
from serving.service.service import Service
from tests.conftest import FakeEngine
from workspace.errors import UnknownName


def test_lists_that_wait_share_a_pass_and_others_do_not_wait(
    recommender: Recommender, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender.knowledge.language_weight = LanguageWeight(0.5, 0.5, 0.1, 64)
    alone = [[item.item_id for item in recommender.recommend(f"u0{user}", 5).items] for user in range(3)]
    passes: list[int] = []
    real = engine.score_all

    def counted(trees: Sequence[Tree]) -> list[Scores]:
        passes.append(len(trees))
        return real(trees)

    monkeypatch.setattr(engine, "score_all", counted)

    async def work() -> None:
        service, gate = Service(recommender), threading.Event()
        first = asyncio.ensure_future(service.parts.model.lane.run(lambda: gate.wait(20)))
        asked = [asyncio.ensure_future(service.recommend(f"u0{user}", 5, rationale=False)) for user in range(3)]
        found: Any = await service.recommend("u05", 5, llm=False)
        assert found.engine == "retrieval only"
        while service.parts.model.lane.held < 4:
            await asyncio.sleep(0.01)
        assert passes == []
        gate.set()
        await first
        together = await asyncio.gather(*asked)
        assert [[item.item_id for item in one.items] for one in together] == alone
        assert [one.user_id for one in together] == ["u00", "u01", "u02"]
        assert passes == [4]  # three histories, and the one without events that their values are read against
        service.close()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_list_in_which_the_model_has_no_say_does_not_wait_for_it(recommender: Recommender) -> None:
    async def work() -> None:
        service, gate = Service(recommender), threading.Event()
        await service.warm()
        first = asyncio.ensure_future(service.parts.model.lane.run(lambda: gate.wait(20)))
        found = await service.recommend("u05", 5, rationale=False)
        assert not found.degraded
        gate.set()
        await first
        service.close()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_whoever_was_forgotten_while_they_talked_can_be_forgotten_again(recommender: Recommender) -> None:
    async def work() -> None:
        service, store = Service(recommender), recommender.knowledge.store
        assert await service.forget("u05") > 0
        store.keep_conversation("c1", "u05", 0.0, "{}")  # by a turn that was being answered
        assert await service.forget("u05") == 0
        assert not store.last_conversation("u05")
        with pytest.raises(UnknownName):
            await service.forget("u05")
        service.close()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_items_that_changed_are_read_anew_though_whoever_changed_them_left(recommender: Recommender) -> None:
    async def work() -> None:
        service, item = Service(recommender), next(iter(recommender.knowledge.catalogue))
        left = asyncio.ensure_future(service.set_withdrawn(item, True))
        await asyncio.sleep(0)
        left.cancel()
        while service.recommender is recommender:
            await asyncio.sleep(0.01)
        assert not service.know.catalogue[item].available
        service.close()

    asyncio.run(asyncio.wait_for(work(), 60))
