"""What is served of a home from which nothing can be recommended yet: what to run first."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from serving.http import errors
from serving.http.routes.health import Alive
from serving.page.mount import mount_files
from serving.page.route import HEADERS
from serving.page.views import page
from serving.tracing import NO_SPANS
from workspace.errors import NotReady

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def empty_app(missing: NotReady) -> FastAPI:
    """An app that tells people and programs what is missing; it lives, and is never ready."""
    app = FastAPI(title="Foretaste", docs_url=None, redoc_url=None, openapi_url=None, telemetry=NO_SPANS)
    errors.install(app)
    mount_files(app)

    @app.get("/live")
    async def live() -> Alive:
        return Alive()

    @app.get("/")
    async def start() -> HTMLResponse:
        answer = page("empty", 503, user=None, message=str(missing))
        answer.headers.update(HEADERS)
        return answer

    @app.api_route("/{path:path}", methods=METHODS)
    async def anything(path: str) -> None:
        raise missing

    return app
