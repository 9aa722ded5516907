"""`foretaste import`: events and items from files."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from workspace.errors import UsageError

if TYPE_CHECKING:
    from history.reading import DatasetFiles, ReadOptions, Skipped
    from history.store import Store, Stored


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
    from agent.knowledge import Resources
    from history.reading import ReadOptions, Skipped, find_dataset

    options = ReadOptions(
        renames=parse_renames(rename or []), on_error=on_error, order_only=order_only, encoding=encoding
    )
    skipped = Skipped()
    stored = import_files(Resources.at(context.obj).store, find_dataset(paths, options), options, skipped)
    typer.echo(f"{stored.items:,} items, {stored.events:,} new events, {stored.known_events:,} known already")
    if skipped.count:
        typer.echo(f"{skipped.count:,} bad rows were left out, the first of them:", err=True)
        for message in skipped.messages:
            typer.echo(f"  {message}", err=True)
    if stored.items:
        typer.echo("next: foretaste fit")


def import_files(store: Store, files: DatasetFiles, options: ReadOptions, skipped: Skipped) -> Stored:
    """Read all files of a data set into the store, in one transaction."""
    from history.reading import read_events, read_items

    items = chain.from_iterable(read_items(source, options, skipped) for source in files.items)
    events = chain.from_iterable(read_events(source, options, skipped) for source in files.events)
    return store.add(items, events, order_only=options.order_only if files.events else None)


def parse_renames(pairs: list[str]) -> dict[str, str]:
    """`["user_id=uid"]` as a mapping.

    Raises:
        UsageError: a pair has no equals sign.
    """
    for pair in pairs:
        if not all(pair.partition("=")):
            raise UsageError(f"--map {pair!r}: write OURS=THEIRS, for instance --map user_id=uid")
    return {ours: theirs for ours, _, theirs in (pair.partition("=") for pair in pairs)}
