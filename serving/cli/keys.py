"""`foretaste keys`: who may use the server."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.keys import Keys, Scope

command = typer.Typer(help="Keys that programs show to the server.", no_args_is_help=True)


@command.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the key is called, in logs and errors.")],
    scope: Annotated[
        Scope, typer.Option(help="read: lists and searches; write: events and chats too; admin: items and users too.")
    ] = Scope.read,
) -> None:
    """Make a key, which is shown this one time. Example: foretaste keys add shop --scope write"""
    typer.echo(Keys(context.obj.keys).add(name, scope))


@command.command("list")
def list_keys(context: typer.Context) -> None:
    """Name all keys. Example: foretaste keys list"""
    for key in Keys(context.obj.keys).all():
        typer.echo(f"{key.name}   {key.scope}, since {key.created}")


@command.command()
def remove(context: typer.Context, name: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
    """Let a key be good for nothing, at once. Example: foretaste keys remove shop"""
    Keys(context.obj.keys).remove(name)
    typer.echo(f"removed: {name}")
