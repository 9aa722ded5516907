"""The door before the protocol over HTTP: the same keys, the same limits."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.http.door import Door
from serving.http.errors import Refused, refused
from serving.keys import Scope as KeyScope


class Gate:
    """Middleware that asks for a key that may write, since one of the tools does."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            request = Request(scope)
            address = request.client.host if request.client else ""
            try:
                self._door.admit(address, request.headers.get("authorization"), KeyScope.write)
            except Refused as error:
                return await refused(request, error)(scope, receive, send)
        await self._app(scope, receive, send)
