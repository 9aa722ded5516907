"""Who looks at the page: a user of the store, or a guest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Cookie, Depends, Query, Request
from fastapi.responses import Response

from agent.chat.person import Person, User, Visitor
from serving.http.fields import UserId
from serving.http.served import Served
from serving.page.guests import Guest, Memory
from serving.service.standing import Who

COOKIE = "visitor"


@dataclass(frozen=True)
class Asker:
    """Whoever looks at the page: a user of the store, or a guest."""

    user: str | None
    guest: Guest
    memory: Memory

    @property
    def who(self) -> Who:
        """As the service is asked."""
        return self.guest.person.timeline() if self.user is None else self.user

    @property
    def person(self) -> Person:
        """As one to whose history events come."""
        return self.guest.person if self.user is None else User(self.guest.person.store, self.user)

    def stay(self) -> None:
        """Something was done that the next request must know of."""
        if self.user is None:
            self.memory.guests.keep(self.guest.token, self.guest)


def asker_of(
    request: Request,
    service: Served,
    user: Annotated[UserId | None, Query()] = None,
    visitor: Annotated[str, Cookie(max_length=64)] = "",
) -> Asker:
    """Who asks: the user that the address names, or the guest of the cookie."""
    memory: Memory = request.app.state.page
    guest = memory.guests.find(visitor) or Guest(Visitor(service.know.store))
    request.state.guest = guest
    return Asker(user, guest, memory)


Asking = Annotated[Asker, Depends(asker_of)]


def remember(request: Request, answer: Response) -> None:
    """Let a guest of whom there is something to know be known again."""
    memory: Memory = request.app.state.page
    guest: Guest | None = getattr(request.state, "guest", None)
    if guest and memory.guests.find(guest.token) and request.cookies.get(COOKIE) != guest.token:
        answer.set_cookie(COOKIE, guest.token, httponly=True, samesite="strict")
