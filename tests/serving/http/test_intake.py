"""A client that leaves ends its request and frees its place."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from fastapi import FastAPI

from serving.service.service import Service

SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/v1/recommend",
    "raw_path": b"/v1/recommend",
    "query_string": b"user=u03",
    "root_path": "",
    "headers": [],
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 2),
}


def test_who_leaves_waits_no_more(app: FastAPI) -> None:
    service: Service = app.state.service
    lane, gate, sent = service.parts.model.lane, threading.Event(), []

    async def work() -> None:
        left = asyncio.Event()
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Any:
            for message in messages:
                return message
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        first = asyncio.ensure_future(lane.run(lambda: gate.wait(10)))
        request = asyncio.ensure_future(app(dict(SCOPE), receive, send))
        while lane.held < 2:
            await asyncio.sleep(0.01)
        left.set()
        await request
        assert lane.held == 1
        gate.set()
        await first
        assert lane.held == 0

    asyncio.run(asyncio.wait_for(work(), 20))
    service.close()
    assert sent == []
