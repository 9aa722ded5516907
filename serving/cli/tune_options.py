"""What `foretaste tune` may be told, an option each; what they mean stands with `tuning.options.TuneOptions`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from agent.options import Recipe


class Losses(StrEnum):
    """The losses of `tuning.losses`, which are not imported before they are needed."""

    listwise = "listwise"
    pairwise = "pairwise"
    squared = "squared"


class Methods(StrEnum):
    """The methods of `engine.methods`, and those that are refused there with a reason."""

    lora = "lora"
    adalora = "adalora"
    full = "full"
    prefix = "prefix"
    dora = "dora"


class Ways(StrEnum):
    """The ways of `tuning.saying`."""

    yes_no = "yes-no"
    letters = "letters"


class Trackers(StrEnum):
    """What transformers can send a log to."""

    none = "none"
    tensorboard = "tensorboard"
    wandb = "wandb"
    trackio = "trackio"


Name = Annotated[str, typer.Option(help="What to call the adapter; left out: after all that it is told here.")]
Protocol = Annotated[
    str, typer.Option(help="everything to serve; to measure leave-one-out, prequential or cold-items.")
]
Dataset = Annotated[str, typer.Option(help="A fetched data set; the home's own events when left out.")]
KCore = Annotated[int, typer.Option(min=0, help="Keep users and items with so many events only.")]
TrainUsers = Annotated[int, typer.Option(min=0, help="Learn from so many users only.")]
Epochs = Annotated[int, typer.Option(min=1, help="Times that every event is read, at the most.")]
Method = Annotated[Methods, typer.Option(help="What is trained beside the layers.")]
Rank = Annotated[int, typer.Option(min=1, help="Rank of the adapter's matrices.")]
Depth = Annotated[int, typer.Option(min=0, help="Layers of the model that are read through; 0 for all.")]
Questions = Annotated[int, typer.Option(min=0, help="Events of each stretch after which candidates are read too.")]
Asked = Annotated[Ways, typer.Option(help="Of each candidate yes or no, or the letter of one in a list.")]
Loss = Annotated[Losses, typer.Option(help="What the candidates are taught by.")]
Choosing = Annotated[float, typer.Option(min=0.0, help="How much that loss counts beside the reading head's.")]
Topics = Annotated[float, typer.Option(min=0.0, help="How much the next topic counts beside the next item.")]
Soft = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Share of the head's loss that the retrieval's user tower teaches.")
]
Tower = Annotated[bool, typer.Option("--tower", help="Begin with the items of the retrieval's user tower.")]
Phrasings = Annotated[
    int, typer.Option(min=1, max=4, help="Ways to word the instruction, and to order categories, by turns.")
]
Refit = Annotated[
    int, typer.Option(min=0, help="Epochs over all events that the protocol allows, validation among them, after.")
]
Start = Annotated[
    str, typer.Option(help="An adapter of the same events to go on from, or the folder of one from elsewhere.")
]
Width = Annotated[int, typer.Option(min=1, help="Width of the reading head.")]
ReportTo = Annotated[Trackers, typer.Option(help="Where the log goes too; always into log.jsonl beside the adapter.")]
Rate = Annotated[float, typer.Option(min=0.0, help="Learning rate of the adapter.")]
HeadRate = Annotated[float, typer.Option(min=0.0, help="Learning rate of the head.")]
Descending = Annotated[bool, typer.Option("--descending", help="Only targets whose id sorts before the last item's.")]
Targets = Annotated[int, typer.Option(min=8, help="Validation targets that are looked at.")]
Looks = Annotated[int, typer.Option(min=1, help="How many times they are looked at.")]
Search = Annotated[int, typer.Option(min=0, help="Choose rates, rank and dropouts by so many such runs first.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only show what would be learnt from: the data card and two examples.")
]
HowLong = Annotated[Recipe, typer.Option(help="How long the retrieval's user tower is trained.")]
Also = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other setting; see docs/tuning.md.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")]
