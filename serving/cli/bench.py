"""`foretaste bench`: what the language model's work costs here, beside the other ways to do it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from workspace.errors import UsageError
from workspace.settings import Precision, Readout

if TYPE_CHECKING:
    from rich.console import Console

    from eval.speed.table import Row, Run

PIPE_WIDTH = 140  # columns of a table that no terminal shows


def command(
    context: typer.Context,
    precisions: Annotated[str, typer.Option(help="Of nf4, int8, bf16, fp32; with commas.")] = "nf4,bf16,fp32",
    events: Annotated[int, typer.Option(min=2, max=300, help="Events of the history.")] = 30,
    candidates: Annotated[int, typer.Option(min=1, max=26, help="Items to rank.")] = 20,
    readout: Annotated[str, typer.Option(help="yes-no or likelihood.")] = "yes-no",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Which items are drawn.")] = 0,
) -> None:
    """Time the packed pass and every other way, in one run. Example: foretaste bench --precisions bf16"""
    from rich.console import Console

    from agent.resources import Resources
    from eval.speed.table import bench, earlier, keep

    resources = Resources.at(context.obj)
    chosen = _among(precisions.split(","), get_args(Precision), "--precisions")
    (how,) = _among([readout], get_args(Readout), "--readout")
    run = bench(resources, chosen, events, candidates, how, seed)  # type: ignore[arg-type]
    file = resources.home.root / "bench.jsonl"
    before = next(earlier(file, run), None)
    keep(run, file)
    show(run, before, Console(width=None if sys.stdout.isatty() else PIPE_WIDTH))


def show(run: Run, before: Run | None, console: Console) -> None:
    """Print both tables, with the rates of the run before beside this one's."""
    from rich import box
    from rich.table import Table

    old = {(row.work, row.precision): row for row in before.rows} if before else {}
    table = Table("work", "precision", box=box.SIMPLE, title=f"{run.work}; {run.machine}", title_justify="left")
    for name in ("tokens", "seconds", "tokens/s", "of the machine's rate", "with attention", "tokens/s before"):
        table.add_column(name, justify="right")
    for row in run.rows:
        table.add_row(row.work, row.precision, *_figures(row, old.get((row.work, row.precision))))
    console.print(table)
    table = Table("other way", "packed", "precision", box=box.SIMPLE)
    for name in ("times as long", "target"):
        table.add_column(name, justify="right")
    for ratio in run.ratios:
        table.add_row(ratio.other, ratio.ours, ratio.precision, f"{ratio.times:.2f}", ratio.target)
    console.print(table)
    if before:
        typer.echo(f"before: {before.made}")


def _figures(row: Row, old: Row | None) -> tuple[str, ...]:
    rate = f"{old.rate:,.0f}" if old else ""
    shares = (f"{row.share:.0%}", f"{row.attending:.0%}")
    return (f"{row.tokens:,}", f"{row.seconds:.3f}", f"{row.rate:,.0f}", *shares, rate)


def _among(names: Sequence[str], known: Sequence[str], option: str) -> list[str]:
    wrong = next((name for name in names if name not in known), None)
    if wrong is not None:
        raise UsageError(f"{option} {wrong!r}: known are {', '.join(known)}")
    return list(dict.fromkeys(names))
