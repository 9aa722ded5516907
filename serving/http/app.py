"""The app: routes, limits and errors around one service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from agent.recommender import Recommender
from serving.buckets import Buckets
from serving.http import errors
from serving.http.door import Door
from serving.http.intake import Intake
from serving.http.journal import Journal, Numbers
from serving.http.options import HttpOptions
from serving.http.routes import chat, health, items, keeping, lists, metrics, rerank
from serving.keys import Keys
from serving.page.mount import mount
from serving.service.service import Service
from serving.tracing import NO_SPANS


def create_app(
    recommender: Recommender, options: HttpOptions | None = None, at_end: Callable[[], None] = lambda: None
) -> FastAPI:
    """The app for one fitted home; `app.state.service` is what its routes ask, and what further routers may.

    Routers that belong behind the door are made by `guarded`. `at_end` is called once all was answered.
    """
    options = options or HttpOptions()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.later(service.warm())
        yield
        service.close()
        at_end()

    app = FastAPI(
        title="Foretaste",
        description="Recommendations, reasons, interests and conversations for the users of one catalogue.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=errors.EVERYWHERE,
        redirect_slashes=False,
        telemetry=NO_SPANS,
    )
    service = Service(recommender, options.service)
    keys = Keys(recommender.knowledge.resources.home.keys)
    app.state.service, app.state.numbers = service, Numbers(service.parts)
    app.state.door = Door(keys, Buckets(options.rate, options.burst))
    errors.install(app)
    for module in (lists, keeping, items, rerank, chat, health, metrics):
        app.include_router(module.router)
    mount(app)
    app.add_middleware(Intake, most=options.body_bytes)
    app.add_middleware(Journal, numbers=app.state.numbers)
    return app
