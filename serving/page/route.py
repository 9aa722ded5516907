"""How a route of the page answers: behind the door, with the page's headers, and in words where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from serving.http.door import Door
from serving.keys import Scope
from serving.page.asker import remember
from serving.page.problem import KEY, problem

POLICY = "; ".join(
    ("default-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "object-src 'none'")
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
FOREIGN = "This was asked for by another page, or by a browser without JavaScript: nothing was done"


class PageRoute(APIRoute):
    """A route that answers people."""

    guarded: ClassVar[bool] = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with all that around it."""
        handler = super().get_route_handler()

        async def around(request: Request) -> Response:
            try:
                # A page of elsewhere cannot set this header without asking first.
                if request.method != "GET" and "HX-Request" not in request.headers:
                    raise HTTPException(403, FOREIGN)
                if self.guarded:
                    admit(request, request.cookies.get(KEY, ""))
                answer = await handler(request)
            except Exception as error:  # whatever it is, people are told in words
                answer = problem(request, error)
            answer.headers.update(HEADERS)
            remember(request, answer)
            return answer

        return around


class OpenRoute(PageRoute):
    """A route for those who have shown no key yet."""

    guarded = False


def admit(request: Request, key: str) -> None:
    """Let somebody in by the same door as programs.

    Raises:
        Refused: there are keys, and this is none of them or not good for the page; or it came too often.
    """
    door: Door = request.app.state.door
    door.admit(request.client.host if request.client else "", key and f"Bearer {key}", Scope.write)
