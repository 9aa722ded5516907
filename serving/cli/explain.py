"""`foretaste explain`: why an item is recommended, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.explain import Explanation

LOST = {
    "had": "not in the list: it is already in the user's history",
    "unavailable": "not in the list: it is withdrawn; see foretaste items restore",
    "said": "not in the list: the user said so of its topics",
    "capped": "not in the list: its score would do, but too much of the list would be of its category",
}


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id.")],
    item: Annotated[str, typer.Argument(help="The item's id.")],
    k: Annotated[int, typer.Option("-k", help="How long the list is.")] = 10,
    llm: Annotated[bool, typer.Option(help="Let the language model have its say.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Why is an item in a user's list, or why not? Example: foretaste explain 196 50"""
    from agent.explain import explain
    from agent.recommender import Recommender

    found = explain(Recommender.open(context.obj), user, item, k, llm=llm)
    if json:
        typer.echo(found.to_json())
    else:
        show(found)


def show(found: Explanation) -> None:
    """Print it."""
    from prompts.segment import clean

    typer.secho(f"{clean(found.title)}, for {clean(found.user_id)}", bold=True)
    typer.echo(f"  {_standing(found)}")
    if found.scored:
        typer.echo(f"  probability {found.probability:.3%}, retrieved at {found.retrieved}")
    typer.echo(f"  {found.rationale.text}")
    for one in found.rationale.evidence:
        typer.echo(f'    "{clean(one.title)}" adds {one.influence:+.2f} to its score')
    typer.echo(f"  the whole history adds {found.lift:+.2f}")
    if found.lost:
        typer.echo(f"  to bring it up: {found.change or 'no small change does'}")


def _standing(found: Explanation) -> str:
    from prompts.segment import clean

    if found.rank:
        return f"in the list, at {found.rank} of {found.k}"
    if found.lost == "outscored" and found.rival:
        return (
            f"not in the list: at {found.scored} by its score, {found.rival.ahead:.2f} nats behind "
            f'"{clean(found.rival.title)}", the last that is listed'
        )
    return LOST[found.lost]
