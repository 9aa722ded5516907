"""What somebody is into: its course, its turns, what is next, and what they say of it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from agent.interest_view import as_events, interests_of, read_said
from interests.corrections import IN_WORDS, Correction
from serving.http.fields import Words
from serving.http.served import Served
from serving.page.asker import Asker, Asking
from serving.page.course import picture_of
from serving.page.problem import words
from serving.page.route import PageRoute
from serving.page.views import page
from serving.service.service import Service
from workspace.errors import UsageError

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
    try:
        found = read_said(service.know, text)
    except UsageError as error:
        return await _view(service, asker, text, words(error))
    await _keep(service, asker, found)
    return await _view(service, asker)


@router.post("/interests/take-back")
async def take_back(service: Served, asker: Asking, topic: Annotated[Words, Form()]) -> HTMLResponse:
    """As if nothing had been said of a topic."""
    await _keep(service, asker, [Correction("back", topic)])
    return await _view(service, asker)


async def _keep(service: Service, asker: Asker, said: Sequence[Correction]) -> None:
    person = asker.person
    await service.timeline(asker.who)
    await service.stored(lambda: person.add(as_events(person.user_id, said, person.now())))
    asker.stay()


async def _view(service: Service, asker: Asker, text: str = "", trouble: str = "") -> HTMLResponse:
    timeline = await service.timeline(asker.who)
    found, course = await service.parts.retrieval.run(partial(interests_of, service.know, timeline), UsageError)
    drawn = picture_of(course)
    return page(
        "_interests",
        user=asker.user,
        view=found,
        picture=drawn,
        said=[(IN_WORDS[kind], topic) for topic, kind in found.said.items()],
        text=text,
        trouble=trouble,
        domain=service.know.domain,
    )
