"""`foretaste serve`: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.http.options import HttpOptions

DEFAULTS = HttpOptions()


def command(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = DEFAULTS.host,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0: any that is free.")] = DEFAULTS.port,
    drain: Annotated[
        int, typer.Option(min=0, help="Seconds that requests have to end in, after SIGTERM.")
    ] = DEFAULTS.drain,
) -> None:
    """Serve recommendations, reasons, interests and chat over HTTP. Example: foretaste serve --port 8000"""
    try:
        from serving.http.app import create_app
        from serving.http.server import listen, run
    except ImportError as error:
        raise ImportError(f"foretaste serve needs {error.name}: pip install 'foretaste[serve]'") from error
    from agent.recommender import Recommender
    from workspace.lock import the_only_one

    options = HttpOptions(host=host, port=port, drain=drain)
    with listen(host, port) as where, the_only_one(context.obj.serving, "serves"):
        app = create_app(Recommender.open(context.obj), options)
        address, found = where.getsockname()[:2]
        typer.echo(f"http://{address}:{found}", err=True)
        run(app, where, drain)
