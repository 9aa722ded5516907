"""`foretaste items`: withdraw an item, or bring it back."""

from __future__ import annotations

from typing import Annotated

import typer

command = typer.Typer(help="Change what may be recommended.", no_args_is_help=True)
ItemId = Annotated[str, typer.Argument(help="The item's id.")]


@command.command()
def withdraw(context: typer.Context, item: ItemId) -> None:
    """Recommend it no more; histories keep it. Example: foretaste items withdraw 242"""
    _set_withdrawn(context, item, True)
    typer.echo(f"withdrawn: {item}")


@command.command()
def restore(context: typer.Context, item: ItemId) -> None:
    """Let it be recommended again. Example: foretaste items restore 242"""
    _set_withdrawn(context, item, False)
    typer.echo(f"restored: {item}")


def _set_withdrawn(context: typer.Context, item: str, withdrawn: bool) -> None:
    from agent.resources import Resources

    Resources.at(context.obj).store.set_withdrawn(item, withdrawn)
