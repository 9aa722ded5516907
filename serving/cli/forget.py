"""`foretaste forget`: erase a user."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Erase all that is held of a user: events, corrections, lists, conversations. Example: foretaste forget 196"""
    from agent.resources import Resources

    store = Resources.at(context.obj).store
    timeline = store.timeline(user)
    count = len(timeline) + len(timeline.corrections)
    if not yes:
        typer.confirm(
            f"erase {count:,} events of user {user!r} and all that was shown and said? It cannot be undone", abort=True
        )
    typer.echo(f"erased {store.forget(user):,} events; what was fitted still knows of them: run foretaste fit")
