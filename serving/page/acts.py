"""Seen, liked, not for me: they count at once, and can be taken back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from agent.chat.acts import Feeling
from agent.chat.keeping import EVENTS
from agent.recording import check
from history.records import Event
from serving.http.fields import ItemId, RecommendationId
from serving.http.served import Served
from serving.page.asker import Asker, Asking
from serving.page.route import PageRoute
from serving.page.views import page
from serving.service.service import Service

CHANGED = {"HX-Trigger": "changed"}  # tells the list on the page to come anew
Shown = RecommendationId | None
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.post("/acts")
async def act(
    service: Served,
    asker: Asking,
    item: Annotated[ItemId, Form()],
    feeling: Annotated[Feeling, Form()],
    shown: Annotated[Shown, Form()] = None,
) -> HTMLResponse:
    """Record what somebody thinks of an item that they were shown."""
    moment = await service.stored(asker.person.now)
    event = Event(asker.person.user_id, item, moment, EVENTS[feeling])
    await _record(service, asker, event, shown)
    title = service.know.catalogue[item].title
    return _changed("_acted", user=asker.user, feeling=feeling, event=event, moment=repr(moment), title=title)


@router.post("/acts/undo")
async def undo(
    service: Served,
    asker: Asking,
    item: Annotated[ItemId, Form()],
    feeling: Annotated[Feeling, Form()],
    moment: Annotated[float, Form(allow_inf_nan=False)],
) -> HTMLResponse:
    """As if that had not been."""
    event = Event(asker.person.user_id, item, moment, EVENTS[feeling])
    await service.stored(lambda: asker.person.remove([event]))
    return _changed("_undone", title=service.know.catalogue[item].title)


def _changed(template: str, **values: Any) -> HTMLResponse:
    answer = page(template, **values)
    answer.headers.update(CHANGED)
    return answer


async def _record(service: Service, asker: Asker, event: Event, shown: Shown) -> None:
    """Of a user it is stored, with the list that it goes back to; of a guest it is held."""
    if asker.user is not None:
        await service.timeline(asker.user)
        await service.record([event], {event: shown} if shown else None)
        return
    check(event, service.know.domain, service.know.catalogue)
    asker.person.add([event])
    asker.stay()
