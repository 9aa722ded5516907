"""An app over the made data, a client that is the page's own script, and a browser that looks at a real server."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.recommender import Recommender
from serving.http.app import create_app
from serving.http.options import HttpOptions
from serving.http.server import listen
from serving.service.options import ServiceOptions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

# A busy machine must not make answers degraded, nor a quick test a nuisance.
OPTIONS = HttpOptions(rate=1e6, burst=10**6, service=ServiceOptions(60.0, 60.0, 60.0))

# What a browser and htmx write down of answers that are errors, or none: tests bring them about.
EXPECTED = ("Failed to load resource", "htmx:sendError", "htmx:afterRequest")


@pytest.fixture
def app(recommender: Recommender) -> FastAPI:
    return create_app(recommender, OPTIONS)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False, headers={"HX-Request": "true"}) as client:
        yield client


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where a real server shows the page."""
    where = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[where]),))
    thread.start()
    yield f"http://127.0.0.1:{where.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    where.close()


@pytest.fixture(scope="module")  # while it is there, no other test may run an event loop
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium is found: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A page of the browser; it must not have complained of anything at the end."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(180_000)  # ms: a busy machine is slow, not wrong
    wrong: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        wrong.append(dialog.message)
        dialog.dismiss()

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    page.on("dialog", dismissed)
    yield page
    context.close()
    assert not [one for one in wrong if not one.startswith(EXPECTED)]
