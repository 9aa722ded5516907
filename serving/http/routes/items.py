"""The catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from history.records import Item
from serving.http.bodies import NewItems
from serving.http.door import guarded, needs
from serving.http.errors import documented
from serving.http.fields import Count, ItemId, Where
from serving.http.served import Served
from serving.keys import Scope

router = guarded("items")


class Page(BaseModel):
    """Some of the items, in the order in which they were stored, and how many there are in all."""

    total: int
    items: list[Item]


class Added(BaseModel):
    """How many items were stored, and whether lists know of them already."""

    stored: int
    listed: bool


@router.get("/v1/items")
@needs(Scope.read)
async def items(
    service: Served,
    where: Where = "",
    start: Annotated[int, Query(ge=0, le=10_000_000, description="how many are passed over")] = 0,
    count: Count = 50,
) -> Page:
    """The items, those that pass a filter."""
    found = await service.items(where)
    return Page(total=len(found), items=found[start : start + count])


@router.post("/v1/items")
@needs(Scope.admin)
async def add(service: Served, body: NewItems) -> Added:
    """Add items, or change those of the same ids; one or a list, all or none."""
    told = body if isinstance(body, list) else [body]
    stored = await service.add_items([one.item() for one in told])
    return Added(stored=stored.items, listed=all(one.item_id in service.know.index.places for one in told))


@router.get("/v1/items/{item:path}", responses=documented(404))
@needs(Scope.read)
async def item(service: Served, item: ItemId) -> Item:
    """One item."""
    return service.know.catalogue[item]


@router.post("/v1/items/{item:path}/withdraw", responses=documented(404))
@needs(Scope.admin)
async def withdraw(service: Served, item: ItemId) -> Item:
    """Recommend an item no more; histories keep it."""
    return await service.set_withdrawn(item, True)


@router.post("/v1/items/{item:path}/restore", responses=documented(404))
@needs(Scope.admin)
async def restore(service: Served, item: ItemId) -> Item:
    """Let an item be recommended again."""
    return await service.set_withdrawn(item, False)
