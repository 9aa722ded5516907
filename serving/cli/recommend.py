"""`foretaste recommend`: ranked items with reasons."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workspace.errors import UsageError

if TYPE_CHECKING:
    from agent.results import Recommendation, Recommended
    from history.catalogue import Catalogue
    from history.timeline import Timeline

VISITOR = "visitor"


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id; left out with --history.")] = "",
    k: Annotated[int, typer.Option("-k", help="How many items.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    llm: Annotated[bool, typer.Option("--llm/--no-llm", help="Let the language model rerank and phrase.")] = True,
    rationale: Annotated[bool, typer.Option("--rationale/--no-rationale", help="Say why.")] = True,
    where: Annotated[str, typer.Option(help='A filter: "year>=1990 and category=Drama".')] = "",
    history: Annotated[Path | None, typer.Option(help="Events of a visitor who is not in the store.")] = None,
) -> None:
    """Recommend what a user will want next. Example: foretaste recommend 196 -k 5"""
    from agent.recommender import Recommender
    from history.where import compile_where

    if bool(user) == bool(history):
        raise UsageError("name a user, or give --history FILE for a visitor who is not in the store (not both)")
    recommender = Recommender.open(context.obj)
    know = recommender.knowledge
    whom = user if history is None else read_visitor(history, know.store.order_only(), know.catalogue)
    keep = compile_where(where, know.catalogue) if where else None
    if json or not rationale:
        answer = recommender.recommend(whom, k, where=keep, llm=llm, rationale=rationale)
        if json:
            typer.echo(answer.to_json())
        else:
            show(answer, answer.items)
    else:
        show(*recommender.stream(whom, k, where=keep, llm=llm))


def read_visitor(path: Path, order_only: bool, catalogue: Catalogue) -> Timeline:
    """A visitor's events from a file, which needs no `user_id` column; says which items nobody knows."""
    from history.catalogue import nearest
    from history.reading import ReadOptions, Skipped, read_events
    from history.timeline import Timeline

    options = ReadOptions(order_only=order_only, user_id=VISITOR)
    events = sorted(read_events(path, options, Skipped()), key=lambda event: event.timestamp)
    unknown = [event.item_id for event in events if event.item_id and event.item_id not in catalogue]
    if unknown:
        close = ", ".join(nearest(unknown[0], catalogue))
        typer.echo(
            f"note: {len(unknown)} events name unknown items, such as {unknown[0]!r} (nearest: {close})", err=True
        )
    return Timeline(VISITOR, tuple(events))


def show(answer: Recommendation, items: Iterable[Recommended]) -> None:
    """Print the list; each line appears as soon as its reason is written."""
    from prompts.segment import clean

    now = ", ".join(f"{topic.topic} {topic.share:.0%}" for topic in answer.interests.now)
    turned = f"; interests turned {answer.interests.shift}" if answer.interests.shift else ""
    typer.echo(f"For {answer.user_id}" + (f", lately {now}" if now else "") + turned)
    for item in items:
        typer.secho(f"{item.rank:3}. {clean(item.title)}", bold=True, nl=False)
        typer.echo(f"   score {item.score:.2f}, probability {item.probability:.2%}, retrieved at {item.retrieval_rank}")
        if item.rationale:
            typer.echo(f"     {item.rationale.text}")
    typer.echo(f"{answer.engine}; recommendation {answer.recommendation_id[:8]}")
