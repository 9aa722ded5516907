"""What comes in: never more than so many bytes; and a client that leaves ends its request, and so frees its place."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Intake:
    """Middleware that reads the request, and cancels the answer when nobody waits for it any more."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """`most` is how large a body may be, in bytes."""
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        messages: asyncio.Queue[Message] = asyncio.Queue(1)  # one: a body is read no faster than it is taken
        answered = False
        size = 0

        async def watch() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                await messages.put(message)

        async def taken() -> Message:
            nonlocal size
            message = await messages.get()
            size += len(message.get("body", b""))
            if size > self._most:
                raise HTTPException(413, f"the body is larger than {self._most:,} bytes; send it in several requests")
            return message

        async def sent(message: Message) -> None:
            nonlocal answered
            await send(message)
            answered = message["type"] == "http.response.body" and not message.get("more_body")

        handler = asyncio.ensure_future(self._app(scope, taken, sent))
        watcher = asyncio.ensure_future(watch())
        try:
            await asyncio.wait((handler, watcher), return_when=asyncio.FIRST_COMPLETED)
            if not (handler.done() or answered):
                handler.cancel()
            with suppress(asyncio.CancelledError):
                await handler
        finally:
            handler.cancel()
            watcher.cancel()
