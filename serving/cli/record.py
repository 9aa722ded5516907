"""`foretaste record`: one event."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id; a new one is fine.")],
    item: Annotated[str, typer.Argument(help="The item's id; empty for a search.")],
    event_type: Annotated[
        str, typer.Option("--type", help="view, click, like, dislike, purchase, rating, comment …")
    ] = "view",
    at: Annotated[str, typer.Option(help="When: Unix seconds or ISO 8601; now when left out.")] = "",
    value: Annotated[float | None, typer.Option(help="A rating's value.")] = None,
    text: Annotated[str, typer.Option(help="What the user wrote.")] = "",
) -> None:
    """Record what a user did; the very next answer sees it. Example: foretaste record 196 242 --type like"""
    from agent.recording import check, moment_of
    from agent.recording import record as keep
    from agent.resources import Resources
    from history.records import Event

    resources = Resources.at(context.obj)
    store = resources.store
    event = Event(user, item, moment_of(at, store), event_type, value, text)
    check(event, resources.domain, store.catalogue())
    stored = keep(store, [event])
    typer.echo("recorded" if stored.events else "known already: nothing changed")
