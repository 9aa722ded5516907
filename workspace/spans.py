"""Spans of OpenTelemetry around what takes time: to answer, to retrieve, render, score and write.

They cost nothing where nobody collects them; `serving.tracing` sets that up.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

try:
    from opentelemetry.propagate import extract
    from opentelemetry.trace import get_tracer
except ImportError:
    TRACER = None
else:
    TRACER = get_tracer("foretaste")


def span(name: str, caller: Mapping[str, str] | None = None) -> AbstractContextManager[Any]:
    """A span of that name, within the one that is open here, or that the headers of a `caller` name; None without."""
    if not TRACER:
        return nullcontext()
    within = extract(caller) if caller else None
    # What an error says may name somebody.
    return TRACER.start_as_current_span(name, within, record_exception=False, set_status_on_exception=False)
