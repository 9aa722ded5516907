"""`foretaste tune`: teach the language model to rank."""

from __future__ import annotations

import json
import shlex
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.options import Recipe
from tuning.options import TuneOptions

if TYPE_CHECKING:
    from agent.adapters import Card
    from tuning.lesson import Lesson


class Loss(StrEnum):
    """The losses of `tuning.losses`, which are not imported before they are needed."""

    listwise = "listwise"
    pairwise = "pairwise"
    squared = "squared"


class Method(StrEnum):
    """The methods of `engine.methods`, and those that are refused there with a reason."""

    lora = "lora"
    adalora = "adalora"
    full = "full"
    prefix = "prefix"
    dora = "dora"


class Asked(StrEnum):
    """The ways of `tuning.saying`."""

    yes_no = "yes-no"
    letters = "letters"


class ReportTo(StrEnum):
    """What transformers can send a log to."""

    none = "none"
    tensorboard = "tensorboard"
    wandb = "wandb"
    trackio = "trackio"


DEFAULTS = TuneOptions()
EVERYTHING = "everything"


def command(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="What to call the adapter; left out: after all that it is told here.")] = "",
    protocol: Annotated[
        str, typer.Option(help="everything to serve; to measure leave-one-out, prequential or cold-items.")
    ] = EVERYTHING,
    dataset: Annotated[str, typer.Option(help="A fetched data set; the home's own events when left out.")] = "",
    k_core: Annotated[int, typer.Option(min=0, help="Keep users and items with so many events only.")] = 0,
    train_users: Annotated[int, typer.Option(min=0, help="Learn from so many users only.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Times that every event is read, at the most.")] = DEFAULTS.epochs,
    method: Annotated[Method, typer.Option(help="What is trained beside the layers.")] = Method.lora,
    rank: Annotated[int, typer.Option(min=1, help="Rank of the adapter's matrices.")] = DEFAULTS.rank,
    depth: Annotated[
        int, typer.Option(min=0, help="Layers of the model that are read through; 0 for all.")
    ] = DEFAULTS.depth,
    questions: Annotated[
        int, typer.Option(min=0, help="Events of each stretch after which candidates are read too.")
    ] = DEFAULTS.questions,
    asked: Annotated[
        Asked, typer.Option(help="Of each candidate yes or no, or the letter of one in a list.")
    ] = Asked.yes_no,
    loss: Annotated[Loss, typer.Option(help="What the candidates are taught by.")] = Loss.listwise,
    choosing: Annotated[
        float, typer.Option(min=0.0, help="How much that loss counts beside the reading head's.")
    ] = DEFAULTS.choosing,
    topics: Annotated[
        float, typer.Option(min=0.0, help="How much the next topic counts beside the next item.")
    ] = DEFAULTS.topics,
    soft: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the head's loss that the retrieval's user tower teaches.")
    ] = DEFAULTS.soft,
    tower: Annotated[
        bool, typer.Option("--tower", help="Begin with the items of the retrieval's user tower.")
    ] = DEFAULTS.tower,
    phrasings: Annotated[
        int, typer.Option(min=1, max=4, help="Ways to word the instruction, and to order categories, by turns.")
    ] = DEFAULTS.phrasings,
    refit: Annotated[
        int, typer.Option(min=0, help="Epochs over all events that the protocol allows, validation among them, after.")
    ] = DEFAULTS.refit,
    start: Annotated[
        str, typer.Option(help="An adapter of the same events to go on from, or the folder of one from elsewhere.")
    ] = DEFAULTS.start,
    width: Annotated[int, typer.Option(min=1, help="Width of the reading head.")] = DEFAULTS.width,
    report_to: Annotated[
        ReportTo, typer.Option(help="Where the log goes too; always into log.jsonl beside the adapter.")
    ] = ReportTo.none,
    rate: Annotated[float, typer.Option(min=0.0, help="Learning rate of the adapter.")] = DEFAULTS.rate,
    head_rate: Annotated[float, typer.Option(min=0.0, help="Learning rate of the head.")] = DEFAULTS.head_rate,
    descending: Annotated[
        bool, typer.Option("--descending", help="Only targets whose id sorts before the last item's.")
    ] = False,
    targets: Annotated[int, typer.Option(min=8, help="Validation targets that are looked at.")] = DEFAULTS.targets,
    looks: Annotated[int, typer.Option(min=1, help="How many times they are looked at.")] = DEFAULTS.looks,
    search: Annotated[int, typer.Option(min=0, help="Choose rates, rank and dropouts by so many such runs first.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be learnt from: the data card and two examples.")
    ] = False,
    recipe: Annotated[Recipe, typer.Option(help="How long the retrieval's user tower is trained.")] = Recipe.full,
    also: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other setting; see docs/tuning.md.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = DEFAULTS.seed,
) -> None:
    """Teach the language model to rank, and keep what it learnt as an adapter. Example: foretaste tune --epochs 4"""
    given: dict[str, Any] = {
        name: value.value if isinstance(value, StrEnum) else value for name, value in locals().items()
    }
    from dataclasses import fields, replace

    from agent.resources import Resources
    from eval.dataset import with_dataset
    from eval.evaluate import EvaluateOptions, split_of
    from eval.lineup import Scene
    from tuning.lesson import Lesson
    from tuning.trainer import processes
    from tuning.tune import tune

    resources = Resources.at(context.obj)
    if dataset:
        resources = with_dataset(resources, dataset)
    told = EvaluateOptions(k_core=k_core, train_users=train_users, seed=seed, descending=descending)
    split = split_of(resources, protocol, told)
    retrieval = Scene(resources, protocol, seed, recipe=recipe).retrieval
    named = {one.name: given[one.name] for one in fields(DEFAULTS) if one.name in given}
    options = replace(DEFAULTS, **named).told(also or [])
    lesson = Lesson(resources, split, retrieval, options)
    if dry_run:
        return show_data(lesson)
    if search:
        from tuning.search import search as best_of

        options = best_of(lesson, search)
        lesson = replace(lesson, options=options)
        typer.echo(f"found by {search} runs: {options}")
    name = name or f"{protocol}-{lesson.digest[:8]}"
    card = tune(resources, split, retrieval, name, options, report_to.value, command_of(context, name))
    if processes().is_main_process:
        show(card, serves=protocol == EVERYTHING and not dataset)


def command_of(context: typer.Context, name: str) -> str:
    """The command as it was given, and under which name."""
    words = ["foretaste", "tune"]
    for option in context.command.params:
        source = context.get_parameter_source(str(option.name))
        if source and source.name == "COMMANDLINE" and option.name != "name":
            value = context.params[str(option.name)]
            for one in value if isinstance(value, list) else [value]:
                words += [option.opts[0]] if one is True else [option.opts[0], str(one)]
    return shlex.join([*words, "--name", name])


def show_data(lesson: Lesson) -> None:
    """Say what would be learnt from."""
    from tuning.data_card import data_card, examples

    if lesson.options.soft:
        lesson.prepare()  # what the retriever holds likely is part of an example
    typer.echo(json.dumps(data_card(lesson), indent=2))
    for text in examples(lesson, 2):
        typer.echo(f"\n{text}")


def show(card: Card, serves: bool) -> None:
    """Say what was learnt and what it is worth; one that `serves` was tuned on all that the home holds."""
    typer.echo(
        f"{card.name}: {card.users:,} histories, {card.events:,} events, {card.tokens:,} tokens in "
        f"{card.seconds:,.0f} s"
    )
    for precision, found in card.measured.items():
        typer.echo(f"{precision}, {found.targets:,} validation targets: mean log-likelihood in nats, NDCG@10")
        typer.echo(f"  {'retrieval':12} {found.retrieval:8.3f} {found.retrieval_ndcg:8.4f}")
        typer.echo(f"  {'head':12} {found.head:8.3f} {found.head_ndcg:8.4f}")
        typer.echo(f"  {'together':12} {found.fused:8.3f} {found.fused_ndcg:8.4f}")
        if found.branches.targets:
            typer.echo(f"  {'branches':12} {found.branches.gain:+8.3f} on top, weight {found.branches.weight:.2f}")
        if not found.helps:
            typer.echo("it adds nothing here: its weight is 0")
        elif serves:
            typer.echo(f"use it: foretaste adapters promote {card.name}")
        else:
            typer.echo(f"see: foretaste evaluate --protocol {card.protocol} --systems retrieval,tuned-head,tuned-fused")
