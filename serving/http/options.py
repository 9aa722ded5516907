"""What whoever runs the server may choose; light, so that the command line can read its defaults from here."""

from __future__ import annotations

from dataclasses import dataclass, field

from serving.service.options import ServiceOptions


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Where one server listens, and its limits.

    Each key, and each address without one, may ask `rate` times a second, `burst` times at once. A body may have
    `body_bytes`; after a signal to stop, requests have `drain` seconds to end.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    drain: int = 20
    rate: float = 50.0
    burst: int = 100
    body_bytes: int = 1 << 20
    service: ServiceOptions = field(default_factory=ServiceOptions)
