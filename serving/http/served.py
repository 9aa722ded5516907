"""How a route comes by the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from serving.service.service import Service


def service_of(request: Request) -> Service:
    """The service of the app."""
    found: Service = request.app.state.service
    return found


Served = Annotated[Service, Depends(service_of)]
