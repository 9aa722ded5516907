"""`foretaste serve`: the HTTP service."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import typer

from serving.http.options import HttpOptions

DEFAULTS = HttpOptions()
SERVICE = DEFAULTS.service
Level = Literal["debug", "info", "warning"]


def command(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = DEFAULTS.host,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0: any that is free.")] = DEFAULTS.port,
    model_seconds: Annotated[
        float, typer.Option(min=0.1, help="How long the language model may take; then answers come without.")
    ] = SERVICE.model_seconds,
    waiting: Annotated[
        int, typer.Option(min=0, help="How many requests may wait for the language model.")
    ] = SERVICE.waiting,
    rate: Annotated[
        float, typer.Option(min=0.01, help="Requests a second of one key, or of one address without.")
    ] = DEFAULTS.rate,
    burst: Annotated[int, typer.Option(min=1, help="Requests of it at once.")] = DEFAULTS.burst,
    drain: Annotated[
        int, typer.Option(min=0, help="Seconds that requests have to end in, after SIGTERM.")
    ] = DEFAULTS.drain,
    log: Annotated[Level, typer.Option(help="From which level on; debug may hold what people wrote.")] = "info",
) -> None:
    """Serve recommendations, reasons, interests and chat over HTTP. Example: foretaste serve --port 8000"""
    try:
        from serving.http.app import create_app
        from serving.http.server import check_keys, listen, run
        from serving.page.empty import empty_app
    except ImportError as error:
        raise ImportError(f"foretaste serve needs {error.name}: pip install 'foretaste[serve]'") from error
    from agent.recommender import Recommender
    from serving.keys import Keys
    from serving.logs import log_as_json
    from serving.tracing import send_spans
    from workspace.errors import NotReady
    from workspace.lock import the_only_one

    service = replace(SERVICE, model_seconds=model_seconds, waiting=waiting)
    options = HttpOptions(host=host, port=port, drain=drain, rate=rate, burst=burst, service=service)
    check_keys(host, Keys(context.obj.keys))
    end_spans = send_spans()
    with listen(host, port) as where, the_only_one(context.obj.serving, "serves"):
        try:
            app = create_app(Recommender.open(context.obj), options, end_spans)
        except NotReady as missing:
            typer.echo(f"foretaste: {missing}", err=True)
            app = empty_app(missing)
        address, found = where.getsockname()[:2]
        typer.echo(f"http://{address}:{found}", err=True)
        log_as_json(log)
        run(app, where, drain)
