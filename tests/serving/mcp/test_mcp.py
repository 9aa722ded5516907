"""The tools as another agent calls them, with the protocol's own client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from agent.recommender import Recommender
from serving.buckets import Buckets
from serving.http.door import Door
from serving.keys import Keys, Scope
from serving.mcp.gate import Gate
from serving.mcp.server import create_server
from serving.service.service import Service
from tests.serving.conftest import Script, Start

TOOLS = ["search", "recommend", "explain", "record_event", "interests"]


def talk(to: Any, work: Callable[[Client], Awaitable[None]]) -> None:
    async def once() -> None:
        async with Client(to) as client:
            await work(client)

    asyncio.run(asyncio.wait_for(once(), 120))


async def call(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    found = await client.call_tool(tool, dict(arguments))
    assert not found.is_error, found
    content: dict[str, Any] = found.structured_content
    return content


async def whole_round(client: Client) -> None:
    """Every tool once: what is recommended is found, explained, liked, and then not recommended again."""
    assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
    shown = await call(client, "recommend", user="u03", k=2)
    first = shown["items"][0]
    found = await call(client, "search", text=first["title"], where="year>=1980")
    assert first["item_id"] in [item["item_id"] for item in found["items"]]
    assert (await call(client, "explain", user="u03", item=first["item_id"], k=2))["rank"] == 1
    named = {"recommendation_id": shown["recommendation_id"]}
    done = await call(client, "record_event", user="u03", item=first["item_id"], type="like", **named)
    assert done["events"] == 1
    after = await call(client, "recommend", user="u03", k=2, rationale=False)
    assert first["item_id"] not in [item["item_id"] for item in after["items"]]
    assert (await call(client, "interests", user="u03"))["events"] == 9


@pytest.fixture
def service(recommender: Recommender) -> Service:
    return Service(recommender)


def test_every_tool(service: Service) -> None:
    talk(create_server(service), whole_round)
    store = service.know.store
    assert [len(one.events) for one in store.lists(user_id="u03")] == [0, 1]
    service.close()


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("recommend", {"user": "u99"}, "nearest known ids"),
        ("recommend", {"user": "u03", "k": 0}, "greater than or equal to 1"),
        ("recommend", {"user": "u03", "where": "yeer>1"}, "yeer"),
        ("search", {"text": ""}, "at least 1"),
        ("explain", {"user": "u03", "item": "i99"}, "unknown item 'i99'"),
        ("record_event", {"user": "u03", "item": "i01", "type": "lik"}, "known: view"),
        ("record_event", {"user": "u03", "item": "i01", "value": -1}, "greater than or equal to 0"),
    ],
)
def test_what_is_wrong_is_told_to_the_agent(
    service: Service, tool: str, arguments: dict[str, object], words: str
) -> None:
    async def work(client: Client) -> None:
        found = await client.call_tool(tool, arguments)
        assert found.is_error
        assert words in str(found.content)

    talk(create_server(service), work)
    service.close()


def test_over_standard_streams(script: Script) -> None:
    command, *arguments = script("mcp")
    talk(StdioServerParameters(command=command, args=arguments, env={"OMP_NUM_THREADS": "1"}), whole_round)


def test_over_http(start: Start) -> None:
    _, address = start("mcp", "--http")
    assert address.endswith("/mcp")
    talk(address, whole_round)


def test_over_http_a_key_that_may_write_is_asked_for(recommender: Recommender) -> None:
    keys = Keys(recommender.knowledge.resources.home.keys)
    client = TestClient(Gate(PlainTextResponse("in"), Door(keys, Buckets(1, 100))))
    assert client.post("/mcp").text == "in"
    key, reader = keys.add("agent", Scope.write), keys.add("reader", Scope.read)
    assert client.post("/mcp").status_code == 401
    assert client.post("/mcp", headers={"Authorization": f"Bearer {reader}"}).status_code == 403
    assert client.post("/mcp", headers={"Authorization": f"Bearer {key}"}).text == "in"
