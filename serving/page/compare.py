"""One user, three lists: by retrieval only, as the language model came, and fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from agent.adapters import Adapters
from agent.knowledge import Knowledge
from agent.recommender import Recommender
from history.records import Item
from history.timeline import Timeline
from serving.http.served import Served
from serving.page.asker import Asking
from serving.page.patience import patiently
from serving.page.route import PageRoute
from serving.page.views import page
from workspace.errors import NotReady, UsageError

LONG = 10  # a list
READ = 20  # of the retrieval's best, that the language model puts in order
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Place:
    """An item of a list, and its place in the retrieval's, both from 1."""

    rank: int
    item: Item
    retrieved: int

    @property
    def moved(self) -> int:
        """How many places it stands above that of the retrieval's list."""
        return self.retrieved - self.rank


@dataclass(frozen=True, slots=True)
class Column:
    """A list with what is to be said of it; or, where there is none, how to come by it."""

    note: str
    places: tuple[Place, ...] = ()
    commands: tuple[str, ...] = ()


@router.get("/compare")
async def show(service: Served, asker: Asking) -> HTMLResponse:
    """The page of the three lists; each comes when it is there."""
    await service.timeline(asker.who)
    return page("compare", user=asker.user)


@router.get("/compare/retrieval")
async def retrieval(service: Served, asker: Asking) -> HTMLResponse:
    """The list without any language model."""
    timeline = await service.timeline(asker.who)
    found = await service.parts.retrieval.run(partial(_listed, service.recommender, timeline, llm=False), UsageError)
    note = "What follows from what was done before, by this user and by others. No language model."
    return page("_column", column=Column(note, found))


@router.get("/compare/zero-shot")
async def zero_shot(service: Served, asker: Asking) -> HTMLResponse:
    """The retrieval's best as the untaught language model would order them."""
    timeline = await service.timeline(asker.who)
    job = partial(_asked, service.recommender, timeline)
    found = await patiently(lambda: service.parts.model.run(job, UsageError, NotReady))
    weight = service.know.language_weight.weight
    say = f"Its weight in the score is {weight:.2g}." if weight else "Measured on this data, it adds nothing to a list."
    note = f"{service.know.resources.language_name} as it came, ordering the {READ} best of the retrieval. {say}"
    return page("_column", column=Column(note, found))


@router.get("/compare/tuned")
async def tuned(service: Served, asker: Asking) -> HTMLResponse:
    """The list with the promoted adapter, if there is one."""
    timeline = await service.timeline(asker.who)
    know = service.know
    if not await patiently(lambda: service.parts.model.run(lambda: know.tuned, UsageError, NotReady)):
        return page("_column", column=_way_to(know))
    job = partial(_listed, service.recommender, timeline, llm=True)
    found = await patiently(lambda: service.parts.model.run(job, UsageError, NotReady))
    name = know.tuned.name if know.tuned else ""
    return page("_column", column=Column(f"The adapter {name}: the list that this user gets.", found))


def _listed(recommender: Recommender, timeline: Timeline, llm: bool) -> tuple[Place, ...]:
    catalogue = recommender.knowledge.catalogue
    items = recommender.listing(timeline, LONG, llm=llm).items
    return tuple(Place(one.rank, catalogue[one.item_id], one.retrieval_rank if llm else one.rank) for one in items)


def _asked(recommender: Recommender, timeline: Timeline) -> tuple[Place, ...]:
    know = recommender.knowledge
    best = [know.index.item_ids[place] for place in recommender.candidates(timeline).places[:READ].tolist()]
    order = np.argsort(-know.scorer.values(timeline, best), kind="stable")[:LONG].tolist()
    return tuple(Place(rank, know.catalogue[best[one]], one + 1) for rank, one in enumerate(order, 1))


def _way_to(know: Knowledge) -> Column:
    """Why there is no fine-tuned list, and how to get one."""
    adapters: Adapters = know.resources.adapters
    if adapters.promoted():
        return Column("The promoted adapter adds nothing to lists of this data, so it has no say in them.")
    if names := adapters.names():
        return Column("No adapter is in use. To let one rank:", commands=(f"foretaste adapters promote {names[-1]}",))
    commands = ("foretaste tune", "foretaste adapters promote NAME")
    return Column("Nothing was taught yet. To teach the language model this data, and let it rank:", commands=commands)
