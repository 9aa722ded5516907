"""What is written down of each request: a line of the log, and the numbers that Prometheus reads."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.http.errors import unknown
from serving.logs import request_id
from serving.service.parts import Parts
from workspace.spans import span

LEFT = 499  # the status of a request whose client left, as others write it down, too
GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")  # an id that a proxy gave the request
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
logger = logging.getLogger(__name__)


class Numbers:
    """The counters of one app."""

    def __init__(self, parts: Parts) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("foretaste_requests", "Requests that were answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "foretaste_request_seconds", "From request to answer.", ("route",), buckets=SECONDS, registry=self.registry
        )
        self.registry.register(_PartNumbers(parts))


class _PartNumbers(Collector):
    """How the parts of the service do, read when somebody asks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        held = GaugeMetricFamily("foretaste_part_held", "Jobs that wait or are being done.", labels=["part"])
        is_open = GaugeMetricFamily("foretaste_part_open", "Whether a part is left alone.", labels=["part"])
        refused = CounterMetricFamily("foretaste_part_refused", "Jobs that were refused.", labels=["part"])
        failed = CounterMetricFamily("foretaste_part_failed", "Jobs that failed.", labels=["part"])
        for part in self._parts.all():
            name = [part.lane.name]
            held.add_metric(name, part.lane.held)
            is_open.add_metric(name, part.breaker.state != "closed")
            refused.add_metric(name, part.lane.refused)
            failed.add_metric(name, part.breaker.failed)
        yield from (held, is_open, refused, failed)


class Journal:
    """Middleware that gives each request an id, and writes it down. Routes are told as templates, which name nobody."""

    def __init__(self, app: ASGIApp, numbers: Numbers) -> None:
        self._app, self._numbers = app, numbers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        name = given if GIVEN.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(name)
        began, status = time.monotonic(), LEFT

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", name.encode())]
            await send(message)

        with span(scope["method"], headers) as seen:
            try:
                await self._app(scope, receive, sent)
            except Exception as error:
                logger.error("%s", type(error).__name__, exc_info=error)
                if status != LEFT:  # an answer has begun
                    raise
                await unknown(Request(scope), error)(scope, receive, sent)
            finally:
                route = getattr(scope.get("route"), "path", "unknown")
                self._write(scope, route, status, time.monotonic() - began)
                request_id.reset(token)
                if seen:
                    seen.update_name(f"{scope['method']} {route}")

    def _write(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        self._numbers.requests.labels(scope["method"], route, status).inc()
        self._numbers.seconds.labels(route).observe(seconds)
        told = {"method": scope["method"], "route": route, "status": status, "ms": round(1000 * seconds, 1)}
        logger.info("answered", extra={"told": told})
