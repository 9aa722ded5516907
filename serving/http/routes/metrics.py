"""The numbers that Prometheus reads."""

from __future__ import annotations

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from serving.http.door import guarded, needs
from serving.http.journal import Numbers
from serving.keys import Scope

router = guarded("health")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
@needs(Scope.read)
async def metrics(request: Request) -> Response:
    """Requests, seconds, and how the parts do."""
    numbers: Numbers = request.app.state.numbers
    return Response(generate_latest(numbers.registry), media_type=CONTENT_TYPE_LATEST)
