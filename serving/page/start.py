"""The first page: who are you?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from history.catalogue import nearest
from history.moment import now
from history.records import Event
from history.store import Store
from serving.http.fields import UserId, Words
from serving.http.served import Served
from serving.page.route import PageRoute
from serving.page.views import page, url
from workspace.errors import UsageError

SHOWN = 8
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
async def start(service: Served) -> HTMLResponse:
    """Pick a user, make one, or look around without."""
    ids = await service.stored(service.know.store.user_ids)
    return page("start", user=None, ids=ids[:SHOWN], count=len(ids), domain=service.know.domain)


@router.get("/users")
async def users(service: Served, user: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """The users whose ids are like what was typed: first those that begin so."""
    ids = await service.stored(service.know.store.user_ids)
    return page("_users", ids=like(user.strip(), ids))


@router.post("/users")
async def create(service: Served, user: Annotated[UserId, Form()], likes: Annotated[Words, Form()]) -> Response:
    """Make a user of what they say they like: from then on they are known."""
    name = user.strip()
    await service.stored(lambda: _refuse_known(service.know.store, name))
    moment = await service.stored(lambda: now(service.know.store))
    await service.record([Event(name, "", moment, "search", text=likes.strip())])
    return Response(status_code=204, headers={"HX-Redirect": url("/list", user=name)})


def like(typed: str, ids: list[str]) -> list[str]:
    """Up to `SHOWN` ids: those that begin with what was typed, then the nearest."""
    if not typed:
        return ids[:SHOWN]
    begin = [one for one in ids if one.casefold().startswith(typed.casefold())]
    return list(dict.fromkeys((*sorted(begin, key=len)[:SHOWN], *nearest(typed, ids))))[:SHOWN]


def _refuse_known(store: Store, name: str) -> None:
    if name in store.user_ids():
        raise UsageError(f"there is a user {name!r} already; choose another name, or find that one in the search above")
