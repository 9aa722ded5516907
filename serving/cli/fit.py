"""`foretaste fit`: the index and the score's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent.options import FitOptions, Recipe

if TYPE_CHECKING:
    from agent.fit import FitReport

DEFAULTS = FitOptions()


def command(
    context: typer.Context,
    llm: Annotated[bool, typer.Option("--llm/--no-llm", help="Measure the language model too.")] = True,
    recipe: Annotated[Recipe, typer.Option(help="How long the user tower is trained.")] = Recipe.full,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the training and the validation sample.")
    ] = DEFAULTS.seed,
) -> None:
    """Embed the catalogue, build the index, fit the score's weights. Example: foretaste fit"""
    from agent.fit import fit
    from agent.resources import Resources

    targets = DEFAULTS.language_targets if llm else 0
    options = FitOptions(language_targets=targets, recipe=recipe, seed=seed)
    show(fit(Resources.at(context.obj), options))


def show(report: FitReport) -> None:
    """Say what each part earned."""
    typer.echo(
        f"{report.items:,} items indexed, {report.events:,} events; fitted on {report.targets:,} validation targets"
    )
    if not report.earned:
        until = "until more users have two different known items"
        typer.echo(f"{report.targets} targets are too few: the weights keep their defaults {until}")
        return
    typer.echo(f"the user tower was best after {report.epochs} epochs; mean log-likelihood of those targets, in nats:")
    typer.echo(f"  {'uniform':12} {report.uniform:8.3f}")
    for part, earned in sorted(report.earned.items(), key=lambda entry: entry[1].alone):
        verdict = f"without it {-earned.gain:+.4f}" if earned.kept else f"adds {earned.gain:.4f}: dropped"
        typer.echo(f"  {part:12} {earned.alone:8.3f}   {verdict}")
    typer.echo(f"  {'all together':12} {report.retriever:8.3f}")
    language = report.language
    if language.targets:
        verdict = f"weight {language.weight:.3f}" if language.weight else "not significant: its weight is 0"
        typer.echo(f"  the language model adds {language.gain:+.3f}   ({verdict}; {language.targets} targets)")
