"""Spans: what a request spends its time on, within the caller's own trace; sent where the environment says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent.fusion import NO_WEIGHT
from serving.service.service import Service
from serving.tracing import ENDPOINTS
from tests.serving.conftest import Start
from tests.serving.http.test_server import fetch
from workspace import spans

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(spans, "TRACER", provider.get_tracer("tests"))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)  # that of all who make spans
    return exporter


def test_the_parts_of_an_answer_lie_within_the_request_and_the_callers_trace(
    client: TestClient, service: Service, seen: InMemorySpanExporter
) -> None:
    service.know.language_weight = replace(NO_WEIGHT, weight=1.0)
    client.get("/v1/recommend?user=u03&k=3", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    found = {one.name: one for one in seen.get_finished_spans()}
    request = found["GET /v1/recommend"]
    for name in ("retrieve", "render", "score", "write"):
        assert _above(found[name], seen.get_finished_spans()) == request.context.span_id
    assert f"{request.context.trace_id:032x}" == TRACE
    client.get("/v1/recommend?user=u03&where=year>2999")  # what is wrong is told to the client alone
    assert not [event for one in seen.get_finished_spans() for event in one.events]
    assert not [text for one in found.values() for text in (one.attributes or {}).values()]  # they name nobody


def _above(one: ReadableSpan, spans: tuple[ReadableSpan, ...]) -> int:
    """The id of the request's span that this one lies in."""
    ids = {each.context.span_id: each for each in spans if each.context}
    while one.parent and one.parent.span_id in ids:
        one = ids[one.parent.span_id]
    return one.context.span_id if one.context else 0


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Takes what is sent over OTLP."""
    came: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_sends_its_spans_to_the_endpoint(
    start: Start, collector: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, came = collector
    monkeypatch.setenv(ENDPOINTS[0], address)
    process, where = start("serve")
    fetch(f"{where}/live")
    process.terminate()
    process.wait(60)
    assert any(b"GET /live" in one for one in came)
