"""`foretaste interests`: what a user is into, when it turned, and what is likely next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workspace.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.interest_view import Course, InterestView, ShiftView
    from interests.topics import TopicShare

ENDINGS = (".png", ".html")


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many likely items.")] = 5,
    say: Annotated[
        str, typer.Option(help='What the user says of them first: "no horror, more comedy, take back war".')
    ] = "",
    sequence: Annotated[
        int, typer.Option(min=0, help="Let the language model write so many next items, one after another.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw their course to FILE.png or FILE.html.")] = None,
) -> None:
    """Show a user's interests and where they lead. Example: foretaste interests 196 --plot 196.html"""
    from agent.interest_view import interests_of
    from agent.interest_view import say as keep
    from agent.knowledge import Knowledge
    from agent.resources import Resources
    from agent.sequence import likely_sequence

    if plot and plot.suffix not in ENDINGS:
        raise UsageError(f"--plot {plot}: name a file that ends in {' or '.join(ENDINGS)}")
    know = Knowledge(Resources.at(context.obj))
    if say:
        keep(know, user, say)
    timeline = know.store.timeline(user)
    view, course = interests_of(know, timeline, k)
    if sequence:
        view = replace(view, sequence=tuple(likely_sequence(know, timeline, sequence)))
    if json:
        typer.echo(view.to_json())
    else:
        show(view)
    if plot:
        draw(view, course, plot)
        typer.echo(f"drawn: {plot}", err=json)


def show(view: InterestView) -> None:
    """Print them."""
    from interests.corrections import IN_WORDS
    from prompts.segment import clean

    own = f"; {view.confidence:.0%} of this is from their own events" if view.events else "; nothing is known yet"
    typer.echo(f"{clean(view.user_id)}, {view.events:,} events, lately {_listed(view.now)}{own}")
    typer.echo(f"  {view.summary}")
    for what, topics in (("rising", view.rising), ("fading", view.fading)):
        if topics:
            typer.echo(f"  {what}: {_listed(topics, '+' if what == 'rising' else '-')}")
    if view.said:
        typer.echo("  said: " + ", ".join(f"{IN_WORDS[kind]} {topic}" for topic, kind in view.said.items()))
    for number, shift in enumerate(view.shifts, 1):
        typer.echo(f"  shift {number}, {told(shift)}")
    typer.echo(f"  next: {_listed(view.next)}")
    for item in view.next_items:
        typer.echo(f"    {clean(item.title)}   probability {item.probability:.2%}")
    if view.sequence:
        typer.echo("  one after another: " + "; ".join(clean(item.title) for item in view.sequence))


def told(shift: ShiftView) -> str:
    """A shift in words."""
    from prompts.segment import clean

    fell = f", away from {_listed(shift.fell, '-')}" if shift.fell else ""
    shown = ", ".join(f'"{clean(title)}"' for title in shift.items)
    return f"{shift.begun}: towards {_listed(shift.rose, '+')}{fell}" + (f"; shown by {shown}" if shown else "")


def draw(view: InterestView, course: Course, file: Path) -> None:
    """Draw their course."""
    from agent.interest_view import moment
    from interests.picture import Stream
    from interests.picture import draw as write
    from prompts.segment import clean

    moments = [moment(course, place) for place in range(len(course.times))]
    stream = Stream(
        f"Interests of {clean(view.user_id)}, {view.events:,} events",
        course.shares,
        course.forecast,
        course.names,
        [clean(title) for title in course.titles],
        moments,
        [(shift.begun, told(one)) for shift, one in zip(course.shifts, view.shifts, strict=True)],
    )
    write(stream, file)


def _listed(topics: Sequence[TopicShare], sign: str = "") -> str:
    return ", ".join(f"{one.topic} {sign}{one.share:.0%}" for one in topics)
