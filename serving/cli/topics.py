"""`foretaste topics`: what interests are told in."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    context: typer.Context,
    items: Annotated[int, typer.Option(min=0, help="How many typical items of each.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a topic.")] = False,
) -> None:
    """List the topics with what is typical of each. Example: foretaste topics --items 5"""
    from dataclasses import asdict
    from json import dumps

    from agent.knowledge import Knowledge
    from agent.resources import Resources
    from agent.topic_list import topic_list
    from prompts.segment import clean

    for one in topic_list(Knowledge(Resources.at(context.obj)), items):
        if json:
            typer.echo(dumps(asdict(one), ensure_ascii=False))
            continue
        shown = f": {'; '.join(clean(title) for title in one.items)}" if one.items else ""
        typer.echo(f"{one.share:4.0%}  {clean(one.topic)}, {one.size:,} items{shown}")
