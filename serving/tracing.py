"""Where spans go: over OTLP to whatever `OTEL_EXPORTER_OTLP_ENDPOINT` names."""

from __future__ import annotations

import os
from collections.abc import Callable

from fastapi.telemetry import TelemetryConfig

# FastAPI's own spans would tell paths and queries.
NO_SPANS = TelemetryConfig(tracing=False, metrics=False, logs=False)
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def send_spans() -> Callable[[], None]:
    """Send spans to the endpoint that the environment names, if any, by its other `OTEL_` settings.

    What is returned sends those that are left, and ends it.

    Raises:
        ImportError: one is named, and the extra is not installed.
    """
    if not any(map(os.environ.get, ENDPOINTS)):
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import set_tracer_provider
    except ImportError as error:
        raise ImportError(f"{ENDPOINTS[0]} is set, which needs {error.name}: pip install 'foretaste[otel]'") from error
    name = os.environ.get("OTEL_SERVICE_NAME", "foretaste")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    set_tracer_provider(provider)
    return provider.shutdown
