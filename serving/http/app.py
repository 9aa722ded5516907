"""The app: routes, limits and errors around one service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from agent.recommender import Recommender
from serving.http import errors
from serving.http.intake import Intake
from serving.http.options import HttpOptions
from serving.http.routes import chat, health, items, keeping, lists, rerank
from serving.service.service import Service


def create_app(recommender: Recommender, options: HttpOptions | None = None) -> FastAPI:
    """The app for one fitted home; `app.state.service` is what its routes ask, and what further routers may."""
    options = options or HttpOptions()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service: Service = app.state.service
        service.later(service.warm())
        yield
        service.close()

    app = FastAPI(
        title="Foretaste",
        description="Recommendations, reasons, interests and conversations for the users of one catalogue.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=errors.EVERYWHERE,
        redirect_slashes=False,
    )
    app.state.service = Service(recommender, options.service)
    errors.install(app)
    for module in (lists, keeping, items, rerank, chat, health):
        app.include_router(module.router)
    app.add_middleware(Intake, most=options.body_bytes)
    return app
