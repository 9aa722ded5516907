"""`foretaste demo`: the whole main job on the embedded defaults."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli import fit, recommend

DATA = "movielens-100k"


def command(
    context: typer.Context,
    user: Annotated[str, typer.Option(help="Whom to recommend to.")] = "196",
    k: Annotated[int, typer.Option("-k", help="How many items.")] = 5,
) -> None:
    """Fetch, import, fit, and recommend with reasons, on MovieLens-100K. Example: foretaste demo --user 22"""
    from agent.fit import fit as run_fit
    from agent.options import FitOptions, Recipe
    from agent.recommender import Recommender
    from agent.resources import Resources
    from history.importing import import_dataset
    from history.reading import ReadOptions, Skipped, find_dataset
    from workspace.assets import fetch, load_assets

    folders = {name: fetch(context.obj, name) for name in load_assets()}
    resources = Resources.at(context.obj)
    if not resources.store.event_count():
        files = find_dataset([folders[DATA]])
        stored = import_dataset(resources.store, files, ReadOptions(), Skipped())
        typer.echo(f"imported {stored.items:,} films and {stored.events:,} ratings of MovieLens-100K")
    if not resources.is_fitted():
        fit.show(run_fit(resources, FitOptions(recipe=Recipe.short)))
    recommender = Recommender.open(context.obj)
    recommend.show(*recommender.stream(user, k))
