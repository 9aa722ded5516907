"""`foretaste fit`: the index and the score's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent.options import FEWEST, FitOptions

if TYPE_CHECKING:
    from agent.fit import FitReport

DEFAULTS = FitOptions()


def command(
    context: typer.Context,
    llm: Annotated[bool, typer.Option("--llm/--no-llm", help="Measure the language model too.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the validation sample.")] = DEFAULTS.seed,
) -> None:
    """Embed the catalogue, build the index, fit the score's weights. Example: foretaste fit"""
    from agent.fit import fit
    from agent.knowledge import Resources

    options = FitOptions(language_targets=DEFAULTS.language_targets if llm else 0, seed=seed)
    show(fit(Resources.at(context.obj), options))


def show(report: FitReport) -> None:
    """Say what each part earned."""
    weights, language = report.weights, report.language
    typer.echo(
        f"{report.items:,} items indexed, {report.events:,} events; measured on {report.targets:,} validation targets"
    )
    if report.targets < FEWEST:
        typer.echo(f"fewer than {FEWEST} targets: the weights stay at their defaults")
        return
    typer.echo("mean log-likelihood of the next item, in nats:")
    typer.echo(f"  uniform              {report.uniform:8.3f}")
    typer.echo(f"  popularity           {report.popularity:8.3f}")
    typer.echo(
        f"  with embeddings      {report.retriever:8.3f}   "
        f"(nearness {weights.nearness:.2f}, popularity {weights.popularity:.2f}, decay {weights.decay})"
    )
    if language.targets:
        verdict = f"weight {language.weight:.3f}" if language.weight else "not significant: its weight is 0"
        typer.echo(f"  language model adds  {language.gain:+8.3f}   ({verdict}; {language.targets} targets)")
