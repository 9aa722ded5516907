"""Who comes in: keys and their scopes, how often, and with how deep a body."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from serving.buckets import Buckets
from serving.http.errors import Refused
from serving.keys import Key, Keys, Scope
from workspace.errors import DataError

logger = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])
DEEPEST = 16  # a body's objects and lists within each other; none of ours needs more than 5
TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
SAFE = ("GET", "HEAD", "OPTIONS")
OWN = ("same-origin", "none")  # where a browser says that a request comes from; programs say nothing
BRACKETS = re.compile(rb"[\[{\]}]")
BEARER = HTTPBearer(auto_error=False, description="a key of `foretaste keys add`; none is needed where there are none")


def needs(scope: Scope) -> Callable[[F], F]:
    """Says which scope a route needs; one that says nothing needs the highest."""

    def mark(endpoint: F) -> F:
        endpoint.scope = scope  # type: ignore[attr-defined]
        return endpoint

    return mark


class Door:
    """Lets requests in, or turns them away before anything of them is read."""

    def __init__(self, keys: Keys, buckets: Buckets) -> None:
        self._keys, self._buckets = keys, buckets
        self._guarded = bool(keys.all())  # from then on: to remove the last key lets nobody in

    def admit(self, address: str, shown: str | None, scope: Scope) -> None:
        """Let somebody in who comes from an `address` and may have `shown` an Authorization header.

        Raises:
            Refused: 429 came too often, 401 no key or a wrong one, 403 not good for this, 503 keys are damaged.
        """
        try:
            key = self._key(shown or "")
        except DataError as error:
            logger.error("%s", error)
            raise Refused(503, "not_ready", "the keys cannot be read, so nobody is let in", 10) from None
        wait = self._buckets.take(f"key {key.name}" if key else f"address {address}")
        if wait:
            raise Refused(429, "too_often", "too many requests; come again later", math.ceil(wait))
        if key is None and self._guarded:
            raise Refused(401, "no_key", "show a key that this server knows: Authorization: Bearer KEY")
        if key is not None and not key.scope.holds(scope):
            raise Refused(403, "forbidden", f"the key {key.name!r} is good for {key.scope}, this needs {scope}")

    def _key(self, shown: str) -> Key | None:
        kind, _, secret = shown.partition(" ")
        self._guarded = self._guarded or bool(self._keys.all())
        return self._keys.find(secret.strip()) if kind.lower() == "bearer" else None


class Guarded(APIRoute):
    """A route behind the door."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request, after the door has let it in."""
        handler = super().get_route_handler()
        scope: Scope = getattr(self.endpoint, "scope", Scope.admin)

        async def guarded(request: Request) -> Response:
            door: Door = request.app.state.door
            address = request.client.host if request.client else ""
            door.admit(address, request.headers.get("authorization"), scope)
            if request.method not in SAFE and request.headers.get("sec-fetch-site", "none") not in OWN:
                raise Refused(403, "foreign_page", "a page of elsewhere asked for this, so nothing was done")
            if too_deep(await request.body()):
                raise Refused(400, "too_deep", f"the body nests objects and lists more than {DEEPEST} deep; flatten it")
            return await handler(request)

        return guarded


def guarded(tag: str, responses: dict[int | str, dict[str, Any]] | None = None) -> APIRouter:
    """A router behind the door; `responses` are documented answers of all its routes."""
    return APIRouter(tags=[tag], responses=responses, route_class=Guarded, dependencies=[Depends(BEARER)])


def too_deep(body: bytes) -> bool:
    """Whether a JSON text nests deeper than `DEEPEST`, found without reading it as JSON."""
    depth = 0
    for match in BRACKETS.finditer(TEXT.sub(b"", body)):
        depth += 1 if match[0] in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False
