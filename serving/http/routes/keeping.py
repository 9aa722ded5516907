"""What is kept: events, what came of lists, and all that is held of a user."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from agent.export import UserCopy
from agent.outcomes import Outcomes
from agent.recording import moment_of
from history.records import Event
from history.store import Store
from serving.http.bodies import NewEvent, NewEvents
from serving.http.door import guarded, needs
from serving.http.errors import documented
from serving.http.fields import Count, RecommendationId, UserId
from serving.http.served import Served
from serving.keys import Scope

router = guarded("events and users", documented(404))


class Recorded(BaseModel):
    """How many of the events are new, and how many were there already."""

    recorded: int
    known: int


class Forgotten(BaseModel):
    """How many events were erased; what was fitted still knows of them, until the next fit."""

    user_id: str
    events: int


@router.post("/v1/events")
@needs(Scope.write)
async def record(service: Served, body: NewEvents) -> Recorded:
    """Record what users did: one event or a list, all or none; the very next answer knows of it."""
    told = body if isinstance(body, list) else [body]
    events = await service.stored(lambda: _dated(service.know.store, told))
    after = {
        event: one.recommendation_id
        for event, one in zip(events, told, strict=True)
        if one.recommendation_id is not None
    }
    stored = await service.record(events, after)
    return Recorded(recorded=stored.events, known=stored.known_events)


@router.get("/v1/outcomes")
@needs(Scope.read)
async def outcomes(
    service: Served,
    recommendation_id: Annotated[RecommendationId | None, Query(description="of one list")] = None,
    user: Annotated[UserId | None, Query(description="of the lists of a user")] = None,
    count: Count = 20,
) -> Outcomes:
    """What was shown, newest first; which later events name it, at which ranks; and how each rank fared."""
    return await service.outcomes(recommendation_id, user, count)


@router.get("/v1/users/{user:path}/export")
@needs(Scope.admin)
async def export(service: Served, user: UserId) -> UserCopy:
    """A copy of all that is held of a user."""
    return await service.export(user)


@router.delete("/v1/users/{user:path}")
@needs(Scope.admin)
async def forget(service: Served, user: UserId) -> Forgotten:
    """Erase all that is held of a user: events, corrections, lists, conversations."""
    return Forgotten(user_id=user, events=await service.forget(user))


def _dated(store: Store, told: list[NewEvent]) -> list[Event]:
    return [Event(one.user_id, one.item_id or "", _moment(store, one), one.type, one.value, one.text) for one in told]


def _moment(store: Store, one: NewEvent) -> float:
    return moment_of("" if one.timestamp is None else str(one.timestamp), store)
