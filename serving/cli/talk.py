"""`foretaste talk`: teach the language model to word reasons and to read turns of chats."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer


def command(
    context: typer.Context,
    examples: Annotated[int, typer.Option(min=8, help="Made-up reasons to learn from.")] = 2_000,
    rounds: Annotated[int, typer.Option(min=0, help="Times that written turns of chats are learnt from.")] = 4,
    rate: Annotated[float, typer.Option(min=1e-6, max=1.0, help="The adapter's learning rate.")] = 8e-4,
    rank: Annotated[int, typer.Option(min=1, max=256, help="The rank of the adapter's matrices.")] = 16,
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.")] = 0,
    further: Annotated[bool, typer.Option("--further", help="Go on from the adapter in use, with its rank.")] = False,
) -> None:
    """Teach the language model to word reasons and to read chats. Example: foretaste talk --rounds 2"""
    from agent.resources import Resources
    from tuning.talk import TalkOptions, teach

    resources = Resources.at(context.obj)
    with tempfile.TemporaryDirectory() as folder:
        made = teach(
            resources, TalkOptions(examples, rounds, rate=rate, rank=rank, seed=seed, further=further), Path(folder)
        )
    told = made.about
    typer.echo(
        f"{told['tokens']:,} tokens in {told['seconds']:.0f} s, loss {told['loss']:.3f} nats a token: {made.folder}"
    )
    typer.echo('reasons are written with it where the settings say writing = "freely", and by large models')
