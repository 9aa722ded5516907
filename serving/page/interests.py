"""What somebody is into: its course, its turns, what is next, and what they say of it themselves."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from agent.interest_view import as_events, interests_of, read_said
from serving.http.doors import Served
from serving.http.fields import Words
from serving.page.course import picture_of
from serving.page.doors import Asker, Asking, PageRoute, words
from serving.page.views import page
from serving.service.service import Service
from workspace.errors import UsageError

SAID = {"ban": "no", "less": "less", "more": "more", "pin": "always some"}
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/interests")
async def show(service: Served, asker: Asking) -> HTMLResponse:
    """The page of the interests; what they are comes next."""
    await service.timeline(asker.who)
    return page("interests", user=asker.user)


@router.get("/interests/view")
async def view(service: Served, asker: Asking) -> HTMLResponse:
    """The interests as they are now."""
    return await _view(service, asker)


@router.post("/interests/say")
async def say(service: Served, asker: Asking, text: Annotated[Words, Form()]) -> HTMLResponse:
    """Keep what somebody says of their own interests, in plain words; the very next list obeys it."""
    person = asker.person
    await service.timeline(asker.who)
    try:
        found = read_said(service.know, text)
        await service.stored(lambda: person.add(as_events(person.user_id, found, person.now())))
        asker.stay()
    except UsageError as error:
        return await _view(service, asker, text, words(error))
    return await _view(service, asker)


async def _view(service: Service, asker: Asker, text: str = "", trouble: str = "") -> HTMLResponse:
    timeline = await service.timeline(asker.who)
    found, course = await service.parts.retrieval.run(partial(interests_of, service.know, timeline), UsageError)
    drawn = picture_of(course)
    return page(
        "_interests",
        user=asker.user,
        view=found,
        picture=drawn,
        said=[(SAID[kind], topic) for topic, kind in found.said.items()],
        text=text,
        trouble=trouble,
        domain=service.know.domain,
    )
