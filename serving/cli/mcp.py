"""`foretaste mcp`: tools for other agents."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.http.options import HttpOptions

DEFAULTS = HttpOptions()


def command(
    context: typer.Context,
    http: Annotated[bool, typer.Option("--http", help="Speak over HTTP, at /mcp.")] = False,
    host: Annotated[str, typer.Option(help="The address to listen at, with --http.")] = DEFAULTS.host,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0: any that is free.")] = DEFAULTS.port,
) -> None:
    """Let other agents search, recommend, explain and record, over MCP. Example: foretaste mcp --http --port 8001"""
    try:
        from serving.mcp.server import create_server
    except ImportError as error:
        raise ImportError(f"foretaste mcp needs {error.name}: pip install 'foretaste[mcp]'") from error
    from agent.recommender import Recommender
    from serving.logs import log_as_json
    from serving.service.service import Service

    log_as_json("warning")
    if http:
        from serving.mcp.http import serve

        serve(context.obj, HttpOptions(host=host, port=port))
    else:
        create_server(Service(Recommender.open(context.obj))).run("stdio")
