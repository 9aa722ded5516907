"""How a route of the page knows who asks, and how it answers when something is wrong: in words, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Cookie, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from agent.chat.person import Person, User, Visitor
from serving.http.doors import Served
from serving.http.fields import UserId
from serving.page.guests import Guest, Memory
from serving.page.views import page
from serving.service.refusals import Busy
from serving.service.standing import Who
from workspace.errors import ForetasteError, UnknownName, UsageError

COOKIE = "visitor"
POLICY = "; ".join(
    ("default-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "object-src 'none'")
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
UNKNOWN = "Something failed that Foretaste does not know of; its log does."
FOREIGN = "This was asked for by another page, or by a browser without JavaScript: nothing was done."


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


class PageRoute(APIRoute):
    """A route that answers people: with the page's headers, and with words where something is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with all that around it."""
        handler = super().get_route_handler()

        async def around(request: Request) -> Response:
            try:
                # A page of elsewhere cannot set this header without asking first.
                if request.method != "GET" and "HX-Request" not in request.headers:
                    raise HTTPException(403, FOREIGN)
                answer = await handler(request)
            except (ForetasteError, RequestValidationError, HTTPException) as error:
                answer = problem(request, error)
            answer.headers.update(HEADERS)
            _remember(request, answer)
            return answer

        return around


def problem(request: Request, error: Exception) -> HTMLResponse:
    """What is wrong, in words: as a page of its own, or where htmx asked, in the place of what was asked for.

    What somebody wanted to do, and could not, is said at the foot of the page.
    """
    inside = "HX-Request" in request.headers
    nearest = list(error.nearest) if isinstance(error, UnknownName) else []
    found = page("problem" if inside else "sorry", status(error), message=words(error), nearest=nearest, user=None)
    if request.method != "GET":
        found.headers.update({"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"})
    if isinstance(error, Busy):
        found.headers["Retry-After"] = str(error.retry_after)
    return found


def status(error: Exception) -> int:
    """The status of an answer that tells of an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, UnknownName):
        return 404
    return 422 if isinstance(error, UsageError | RequestValidationError) else 503


def words(error: Exception) -> str:
    """An error as a sentence; of a filter, without the name that the command line has for it."""
    if isinstance(error, RequestValidationError):
        return "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
    told = str(error.detail if isinstance(error, HTTPException) else error).removeprefix("--where ")
    return f"{told[:1].upper()}{told[1:]}."


def _remember(request: Request, answer: Response) -> None:
    """Let a guest of whom there is something to know be known again."""
    guest: Guest | None = getattr(request.state, "guest", None)
    memory: Memory = request.app.state.page
    if guest and memory.guests.find(guest.token) and request.cookies.get(COOKIE) != guest.token:
        answer.set_cookie(COOKIE, guest.token, httponly=True, samesite="strict")
