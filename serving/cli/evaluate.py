"""`foretaste evaluate`: how good it is, beside others, with intervals."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.options import Recipe

if TYPE_CHECKING:
    from eval.results import Results

COLUMNS = ("recall@50", "hit@20", "logloss", "tokens", "seconds")
TOPICAL = ("topic_logloss", "topic_accuracy", "topic_ece")  # where a system forecasts topics alone
PIPE_WIDTH = 120  # columns of a table that no terminal shows


def command(
    context: typer.Context,
    dataset: Annotated[str, typer.Option(help="A fetched data set; the home's own events when left out.")] = "",
    protocol: Annotated[str, typer.Option(help="leave-one-out, prequential, subset20 or cold-items.")] = "prequential",
    systems: Annotated[
        str, typer.Option(help="Names with commas between; `peers`, `parts` and `language` stand for all of a kind.")
    ] = "peers,retrieval",
    k_core: Annotated[int, typer.Option(min=0, help="Keep users and items with so many events only.")] = 0,
    train_users: Annotated[int, typer.Option(min=0, help="Fit on so many users only.")] = 0,
    sample: Annotated[
        int, typer.Option(min=0, help="Predict a fixed sample of so many targets; 100 for language rows.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = 0,
    descending: Annotated[
        bool, typer.Option("--descending", help="Only targets whose id sorts before the last item's.")
    ] = False,
    choose: Annotated[bool, typer.Option("--choose", help="Choose the peers' settings on validation.")] = False,
    mask_titles: Annotated[bool, typer.Option("--mask-titles", help="The model reads invented names.")] = False,
    thin: Annotated[
        bool, typer.Option("--thin", help="Also what is gained over retrieval on rare and new items, and new users.")
    ] = False,
    recipe: Annotated[Recipe, typer.Option(help="How long the retrieval's user tower is trained.")] = Recipe.full,
    adapter: Annotated[str, typer.Option(help="The one that the tuned systems ask; left out: the newest.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Take over what an earlier run finished.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for results.json, per_user.parquet, report.html.")] = None,
) -> None:
    """Measure systems under one protocol. Example: foretaste evaluate --dataset movielens-100k --systems markov,ease"""
    from agent.resources import Resources
    from eval.dataset import with_dataset
    from eval.evaluate import EvaluateOptions, evaluate
    from eval.lineup import LANGUAGE, named

    names = named(systems)
    resources = Resources.at(context.obj)
    if dataset:
        resources = with_dataset(resources, dataset)
    if not sample and set(names) & set(LANGUAGE):
        sample = 100
        typer.echo("rows that ask a language model: a sample of 100 targets (--sample N for another)", err=True)
    options = EvaluateOptions(
        dataset=dataset or str(context.obj.root),
        k_core=k_core,
        train_users=train_users,
        sample=sample,
        seed=seed,
        descending=descending,
        choose=choose,
        mask_titles=mask_titles,
        resume=resume,
        recipe=recipe,
        adapter=adapter,
        out=out,
    )
    results = evaluate(resources, protocol, names, options)
    show(results)
    if thin:
        show_thin(results)
    if out:
        typer.echo(f"written to {out}: results.json, per_user.parquet, report.html")


def show(results: Results) -> None:
    """Print the table, the best system first, and how it was made."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from eval.answers import HEADLINE

    split = results.split
    found = results.systems.values()
    wanted = COLUMNS if all(HEADLINE in figures for figures in found) else (*TOPICAL, *COLUMNS)
    columns = [name for name in wanted if any(name in figures for figures in found)]
    table = Table(box=box.SIMPLE, title_justify="left")
    table.title = (
        f"{results.dataset}, {split.protocol}: {len(split.test.cases):,} targets, split {split.split_hash[:12]}"
    )
    for name in ("system", HEADLINE, "95 % interval", *columns):
        table.add_column(name, justify="left" if name == "system" else "right", no_wrap=True)
    for name in sorted(
        results.systems, key=lambda name: (-_mean(results, name, HEADLINE), _mean(results, name, TOPICAL[0]))
    ):
        headline = results.systems[name].get(HEADLINE)
        interval = f"{headline.low:.4f} to {headline.high:.4f}" if headline else ""
        figures = [_cell(results, name, column) for column in (HEADLINE, *columns)]
        table.add_row(name, figures[0], interval, *figures[1:])
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)
    if split.note:
        typer.echo(split.note)


def show_thin(results: Results) -> None:
    """Print what each system gains over the retrieval, part by part."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for name in ("targets on", "number", "system", "metric", "retrieval", "gain", "95 % interval"):
        table.add_column(name, justify="left" if name in ("targets on", "system", "metric") else "right", no_wrap=True)
    for gain in results.thin:
        found = gain.difference
        interval = f"{found.low:+.4f} to {found.high:+.4f}"
        figures = gain.metric, f"{gain.base:.4f}", f"{found.mean:+.4f}", interval
        table.add_row(gain.part, f"{gain.targets:,}", gain.system, *figures)
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def _mean(results: Results, name: str, metric: str) -> float:
    interval = results.systems[name].get(metric)
    return interval.mean if interval else 0.0


def _cell(results: Results, name: str, metric: str) -> str:
    interval = results.systems[name].get(metric)
    if interval is None:
        return ""
    return f"{interval.mean:,.0f}" if metric == "tokens" else f"{interval.mean:.4f}"
