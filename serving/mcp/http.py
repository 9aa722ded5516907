"""The tools over HTTP."""

from __future__ import annotations

import sys

from agent.recommender import Recommender
from serving.buckets import Buckets
from serving.http.door import Door
from serving.http.options import HttpOptions
from serving.http.server import check_keys, listen, run
from serving.keys import Keys
from serving.mcp.gate import Gate
from serving.mcp.server import create_server
from serving.service.service import Service
from workspace.home import Home


def serve(home: Home, options: HttpOptions) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        UsageError: the address cannot be listened at, or others could reach it and there is no key.
    """
    keys = Keys(home.keys)
    check_keys(options.host, keys)
    with listen(options.host, options.port) as where:
        address, port = where.getsockname()[:2]
        service = Service(Recommender.open(home), options.service)
        app = create_server(service).streamable_http_app(
            host=options.host, max_request_body_size=options.body_bytes, stateless_http=True
        )
        sys.stderr.write(f"http://{address}:{port}/mcp\n")
        run(Gate(app, Door(keys, Buckets(options.rate, options.burst))), where, options.drain)
        service.close()
