"""`foretaste import`: events and items from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from workspace.errors import UsageError


def command(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(help="Files, a folder or a zip: CSV, TSV, JSONL, Parquet, RecBole, MovieLens.")
    ],
    rename: Annotated[list[str] | None, typer.Option("--map", help="OURS=THEIRS: a column's name in the file.")] = None,
    on_error: Annotated[Literal["stop", "skip"], typer.Option(help="What to do with a bad row.")] = "stop",
    order_only: Annotated[
        bool, typer.Option("--order-only", help="Timestamps are places in an order, no times.")
    ] = False,
    encoding: Annotated[str, typer.Option(help="Text encoding; UTF-8 when left out.")] = "",
) -> None:
    """Read events and items into the store, all or nothing. Example: foretaste import events.csv items.csv"""
    from agent.resources import Resources
    from history.importing import import_dataset
    from history.reading import ReadOptions, Skipped, find_dataset

    options = ReadOptions(
        renames=parse_renames(rename or []), on_error=on_error, order_only=order_only, encoding=encoding
    )
    skipped = Skipped()
    resources = Resources.at(context.obj)
    stored = import_dataset(resources.store, find_dataset(paths, options), options, skipped)
    typer.echo(f"{stored.items:,} items, {stored.events:,} new events, {stored.known_events:,} known already")
    if stored.relations:
        typer.echo(f"{stored.relations:,} facets of items from triples")
    if skipped.count:
        typer.echo(f"{skipped.count:,} bad rows were left out, the first of them:", err=True)
        for message in skipped.messages:
            typer.echo(f"  {message}", err=True)
    if stored.items or stored.relations:
        known_at_once = "; new items are found already, a fit learns from the new events"
        typer.echo(f"next: foretaste fit{known_at_once if resources.is_fitted() else ''}")


def parse_renames(pairs: list[str]) -> dict[str, str]:
    """`["user_id=uid"]` as a mapping.

    Raises:
        UsageError: a pair has no equals sign.
    """
    for pair in pairs:
        if not all(pair.partition("=")):
            raise UsageError(f"--map {pair!r}: write OURS=THEIRS, for instance --map user_id=uid")
    return {ours: theirs for ours, _, theirs in (pair.partition("=") for pair in pairs)}
