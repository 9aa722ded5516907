"""Whether the service lives, and whether it is ready."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from serving.http.served import Served
from serving.service.breaker import State

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """It answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Whether the models are open, and how each part does: closed is well, open is left alone, trial is tried again."""

    ready: bool
    parts: dict[str, State]


@router.get("/live")
async def live() -> Alive:
    """The process answers."""
    return Alive()


@router.get("/ready", response_model=Ready, responses={503: {"model": Ready, "description": "Not yet, or no more."}})
async def ready(service: Served) -> JSONResponse:
    """The models are open. A part that is down makes answers degraded, not the service unready."""
    found = Ready(ready=service.ready, parts={part.lane.name: part.breaker.state for part in service.parts.all()})
    return JSONResponse(found.model_dump(), 200 if found.ready else 503)
