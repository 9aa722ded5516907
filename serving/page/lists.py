"""The list: cards at once, their reasons as they are written, and what a card can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from agent.recommender import Recommender
from agent.results import Rationale
from history.records import Item
from history.timeline import Timeline
from serving.http.fields import Count, ItemId, Where
from serving.http.served import Served
from serving.page.asker import Asking
from serving.page.patience import patiently
from serving.page.problem import words
from serving.page.route import PageRoute
from serving.page.views import page, render
from serving.service.refusals import Busy
from serving.service.service import Service
from serving.service.standing import Who

CHIPS = 5  # filters that are offered
END = ServerSentEvent(raw_data="", event="end")
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/list")
async def show(service: Served, asker: Asking, where: Where = "") -> HTMLResponse:
    """The page of the list; its cards come next."""
    await service.timeline(asker.who)
    return page("list", user=asker.user, where=where)


@router.get("/list/cards")
async def cards(service: Served, asker: Asking, where: Where = "", k: Count = 10) -> HTMLResponse:
    """The cards, without reasons, unless there is only one that goes for all."""
    answer = await patiently(lambda: service.recommend(asker.who, k, where=where.strip(), rationale=False))
    items = [service.know.catalogue[one.item_id] for one in answer.items]
    shown = list(zip(answer.items, items, strict=True))
    return page("_cards", user=asker.user, answer=answer, shown=shown, where=where, k=k, chips=_chips(items))


@router.get("/list/reasons", response_class=EventSourceResponse)
async def reasons(
    service: Served, asker: Asking, item: Annotated[list[ItemId], Query(max_length=100)]
) -> AsyncIterator[ServerSentEvent]:
    """Why each item is in the list, one by one as it is worked out."""
    items = [service.know.catalogue[one] for one in item if one in service.know.catalogue]
    try:
        async with aclosing(reasons_of(service, asker.who, items)) as found:
            async for number, reason in found:
                yield ServerSentEvent(raw_data=render("_reason", reason=reason), event=f"reason-{number}")
    except Exception as error:  # whatever it is, people are told in words
        yield ServerSentEvent(raw_data=render("problem", message=words(error), nearest=[], user=None), event="trouble")
    yield END


@router.get("/list/why")
async def why(service: Served, asker: Asking, item: ItemId) -> HTMLResponse:
    """More than the reason: where the item stands, what moved it there, what would."""
    found = await service.explain(asker.who, item)
    return page("_why", why=found, domain=service.know.domain)


async def reasons_of(service: Service, who: Who, items: Sequence[Item]) -> AsyncGenerator[tuple[int, Rationale]]:
    """The number of each item, from 1, and why it is for them; without the language model where that is down."""
    timeline = await service.timeline(who)
    told = 0
    for part, llm in ((service.parts.model, True), (service.parts.retrieval, False)):
        job = partial(_reasons, service.recommender, timeline, items[told:], llm)
        try:
            async with aclosing(part.stream(job)) as found:
                async for reason in found:
                    told += 1
                    yield told, reason
            return
        except Busy:  # or down
            if not llm:
                raise


def _reasons(recommender: Recommender, timeline: Timeline, items: Sequence[Item], llm: bool) -> Generator[Rationale]:
    yield from recommender.reasons(timeline, items, llm)


def _chips(items: Sequence[Item]) -> list[tuple[str, str]]:
    """The categories that the cards have most, each with the filter for it."""
    found = Counter(name for item in items for name in item.categories if '"' not in name)
    return [(name, f'category="{name}"') for name, _ in found.most_common(CHIPS)]
