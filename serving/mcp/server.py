"""Tools that other agents may call, over the same service as HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field, RootModel

from agent.explain import Explanation
from agent.interest_view import InterestView
from agent.recording import moment_of
from agent.results import Recommendation
from agent.search import SearchAnswer
from history.records import Event
from history.store import Stored
from serving.service.service import Service
from workspace.errors import ForetasteError

T = TypeVar("T")
User = Annotated[str, Field(min_length=1, max_length=200, description="the user's id")]
Item = Annotated[str, Field(min_length=1, max_length=200, description="the item's id")]
Count = Annotated[int, Field(ge=1, le=100, description="how many items")]
Where = Annotated[str, Field(max_length=500, description='a filter, such as: year>=1990 and category="Drama"')]
Text = Annotated[str, Field(min_length=1, max_length=2_000, description="what to look for, in plain words")]
ABOUT = (
    "Foretaste knows what people did with the items of one catalogue, and what they will want next. Users and items go "
    "by their ids; search finds the id of an item, an unknown id is answered with the nearest ones."
)


def create_server(service: Service) -> MCPServer:
    """The server; it opens the models when it begins, and closes the service when it ends."""

    @asynccontextmanager
    async def lifespan(_: MCPServer) -> AsyncIterator[None]:
        service.later(service.warm())
        yield

    server = MCPServer("foretaste", instructions=ABOUT, lifespan=lifespan, log_level="WARNING")

    @server.tool()
    async def search(text: Text, user: User | None = None, k: Count = 10, where: Where = "") -> RootModel[SearchAnswer]:
        """Find items by words, blended with the taste of a user if one is named."""
        return await _told(service.search(text, user, k, where=where))

    @server.tool()
    async def recommend(
        user: User, k: Count = 10, where: Where = "", rationale: bool = True
    ) -> RootModel[Recommendation]:
        """What a user will want next, ranked, each item with its probability and the reason."""
        return await _told(service.recommend(user, k, where=where, rationale=rationale))

    @server.tool()
    async def explain(user: User, item: Item, k: Count = 10) -> RootModel[Explanation]:
        """Why an item is in a user's list; or why not, and the smallest change that brings it up."""
        return await _told(service.explain(user, item, k))

    @server.tool()
    async def record_event(
        user: User,
        item: Item,
        type: Annotated[str, Field(max_length=100, description="view, like, dislike, purchase, rating …")] = "view",
        value: Annotated[float | None, Field(ge=0, description="of a rating")] = None,
        recommendation_id: Annotated[
            str | None, Field(pattern="^[0-9a-f]{32}$", description="the list that led to it")
        ] = None,
    ) -> RootModel[Stored]:
        """Record that a user did something with an item now; the very next list knows of it."""
        moment = await service.stored(lambda: moment_of("", service.know.store))
        event = Event(user, item, moment, type, value)
        return await _told(service.record([event], {event: recommendation_id} if recommendation_id else None))

    @server.tool()
    async def interests(user: User, k: Count = 5) -> RootModel[InterestView]:
        """What a user is into now, what rises and fades, when it turned, and what is likely next."""
        return await _told(service.interests(user, k))

    return server


async def _told(work: Awaitable[T]) -> RootModel[T]:
    """What the service gives, in the form that the protocol takes; what it explains is told to the agent that asked."""
    try:
        return RootModel[T](await work)
    except ForetasteError as error:
        raise ToolError(str(error)) from error
