"""`foretaste adapters`: what was tuned, what it is worth, and which ranks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.adapters import Adapters, Version

command = typer.Typer(help="Choose which tuned adapter ranks.", no_args_is_help=True)
Names = Annotated[list[str], typer.Argument(help="The adapter's name; see foretaste adapters list.")]


@command.command("list")
def list_all(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="The cards as JSON.")] = False
) -> None:
    """List all adapters, the one in use marked. Example: foretaste adapters list"""
    adapters = _adapters(context)
    _show(adapters, adapters.all(), as_json)


@command.command()
def compare(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Names of two adapters or more.")],
    as_json: Annotated[bool, typer.Option("--json", help="The cards as JSON.")] = False,
) -> None:
    """Put adapters side by side; those of other events cannot be compared. Example: foretaste adapters compare A B"""
    adapters = _adapters(context)
    versions = [adapters.find(name) for name in names]
    _show(adapters, versions, as_json)
    if len({one.card.fit_hash for one in versions}) > 1:
        typer.echo(
            "these were measured on different events or protocols: their figures say nothing of each other", err=True
        )


@command.command()
def add(
    context: typer.Context, folder: Annotated[Path, typer.Argument(help="The adapter's folder, of another home.")]
) -> None:
    """Take over an adapter from another home. Example: foretaste adapters add OTHER/adapters/everything-1a2b3c4d"""
    card = _adapters(context).add(folder).card
    typer.echo(f"added: {card.name}; to let it rank: foretaste adapters promote {card.name}")


@command.command()
def promote(context: typer.Context, names: Names) -> None:
    """Let an adapter rank from now on, or several together. Example: foretaste adapters promote everything-1a2b3c4d"""
    _adapters(context).promote(*names)
    typer.echo(f"promoted: {', '.join(names)}")


@command.command()
def rollback(context: typer.Context) -> None:
    """Go back to the adapter before, or to none. Example: foretaste adapters rollback"""
    typer.echo(f"in use now: {_adapters(context).rollback() or 'no adapter'}")


def _adapters(context: typer.Context) -> Adapters:
    from agent.adapters import Adapters

    return Adapters(context.obj)


def _show(adapters: Adapters, versions: list[Version], as_json: bool) -> None:
    if as_json:
        from pydantic_core import to_json

        # What was measured on nothing has no lowest and no highest value.
        typer.echo(to_json([asdict(one.card) for one in versions], indent=2, inf_nan_mode="null"))
        return
    if not versions:
        typer.echo("no adapter yet; run: foretaste tune")
    used = {version.card.name for version in adapters.promoted()}
    for one in versions:
        card = one.card
        mark = "*" if card.name in used else " "
        typer.echo(f"{mark} {card.name}: {card.base}, {card.protocol}, {card.users:,} users, made {card.made}")
        if card.command:
            typer.echo(f"    {card.command}")
        for precision, found in card.measured.items():
            gain = found.fused - found.retrieval
            typer.echo(
                f"    {precision}: {gain:+.4f} nats, NDCG@10 {found.retrieval_ndcg:.4f} to {found.fused_ndcg:.4f}, "
                f"{found.targets:,} validation targets"
            )
