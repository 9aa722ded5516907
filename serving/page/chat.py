"""The conversation: what is said comes by a form, the answer as a stream of its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from agent.chat.conversation import Conversation
from agent.chat.parts import Card, Part, Reason
from agent.chat.state import read_state
from serving.http.fields import Words
from serving.http.served import Served
from serving.page.asker import Asker, Asking
from serving.page.guests import Guest, Memory, Spoken, new_token
from serving.page.lists import END
from serving.page.problem import words
from serving.page.route import PageRoute
from serving.page.views import page, render
from serving.service.chats import Chats, Turn
from serving.service.service import Service

LATEST = 40  # turns of a conversation that are shown when it goes on
router = APIRouter(route_class=PageRoute, include_in_schema=False)


class GuestTurn(Turn):
    """A turn of a guest: the conversation goes on where it stood, though nothing of it is stored."""

    def __init__(self, chats: Chats, guest: Guest, text: str) -> None:
        super().__init__(chats, None, text, True, "en")
        self._guest = guest

    def conversation(self, llm: bool) -> Conversation:
        """The conversation, with the guest's own history."""
        recommender = self._standing.recommender
        understanding = self._chats.understanding(recommender.knowledge, self._language, llm)
        talk = Conversation(recommender, self._guest.person, self._language, llm, understanding)
        talk.state = self._guest.state
        talk.at_end = self._guest.left_at
        return talk


@router.get("/chat")
async def show(service: Served, asker: Asking) -> HTMLResponse:
    """The page of the chat, with what was said so far."""
    await service.timeline(asker.who)
    turns = await _turns(service, asker)
    return page("chat", user=asker.user, turns=turns[-LATEST:], domain=service.know.domain)


@router.post("/chat/turns")
async def say(asker: Asking, text: Annotated[Words, Form()]) -> HTMLResponse:
    """Take what was said; its answer is streamed to whoever has the token, once."""
    token = new_token()
    asker.memory.said.keep(token, Spoken(asker.user, asker.guest, text))
    asker.stay()
    return page("_turn", text=text, token=token)


@router.get("/chat/turns/{token}", response_class=EventSourceResponse)
async def answer(request: Request, service: Served, token: str) -> AsyncIterator[ServerSentEvent]:
    """The answer, part by part; a second time there is none, so that a line that breaks repeats nothing."""
    memory: Memory = request.app.state.page
    degraded = False
    if said := memory.said.take(token):
        turn = _turn(service, said)
        try:
            async with aclosing(turn.parts()) as parts:
                async for part in parts:
                    yield _event(service, said.user, part)
        except Exception as error:  # whatever it is, people are told in words
            yield _html("part", "problem", message=words(error), nearest=[], user=None)
        degraded = turn.degraded
    yield _html("close", "_answered", degraded=degraded)
    yield END


def _turn(service: Service, said: Spoken) -> Turn:
    if said.user is None:
        return GuestTurn(service.chats, said.guest, said.text)
    return service.chat(said.user, said.text)


def _event(service: Service, user: str | None, part: Part) -> ServerSentEvent:
    if isinstance(part, Card):
        return _html("part", "_chat_card", user=user, number=part.number, item=service.know.catalogue[part.item_id])
    if isinstance(part, Reason):
        return _html(f"reason-{part.number}", "_line", text=part.text)
    return _html("part", "_line", text=part.text)


def _html(event: str, template: str, **values: object) -> ServerSentEvent:
    return ServerSentEvent(raw_data=render(template, **values), event=event)


async def _turns(service: Service, asker: Asker) -> tuple[tuple[str, str], ...]:
    """What was said, by whom: "you" or "me"."""
    if asker.user is None:
        return asker.guest.state.turns
    user, store = asker.user, service.know.store
    kept = await service.stored(lambda: store.last_conversation(user))
    state = kept and read_state(kept[1])
    return state.turns if state else ()
