"""`foretaste search`: items by words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.search import SearchAnswer

SHOWN = 80  # characters of a text that are shown again


def command(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What to look for, in your own words.")],
    user: Annotated[str, typer.Option(help="Whose taste has a say; what they had is left out.")] = "",
    weight: Annotated[
        float | None, typer.Option(help="The user's say, from 0 (the text alone) to 1; 0.5 when left out.")
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many items.")] = 10,
    where: Annotated[str, typer.Option(help='A filter: "year>=1970 and year<1980".')] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find items by words. Example: foretaste search "slow-burning crime films" --where "year>=1970 and year<1980" """
    from agent.knowledge import Knowledge
    from agent.resources import Resources
    from agent.search import search
    from history.where import compile_where

    know = Knowledge(Resources.at(context.obj))
    keep = compile_where(where, know.catalogue) if where else None
    answer = search(know, text, user or None, k, weight=weight, where=keep)
    if json:
        typer.echo(answer.to_json())
    else:
        show(answer)


def show(answer: SearchAnswer) -> None:
    """Print the list."""
    from prompts.segment import clean

    text = answer.text if len(answer.text) <= SHOWN else answer.text[: SHOWN - 1] + "…"
    whom = "" if answer.user_id is None else f" for {clean(answer.user_id)}, whose taste has a say of {answer.weight:g}"
    typer.echo(f'"{text}"{whom}')
    for item in answer.items:
        typer.secho(f"{item.rank:3}. {clean(item.title)}", bold=True, nl=False)
        typer.echo(f"   score {item.score:.2f}, similarity {item.similarity:.2f}")
