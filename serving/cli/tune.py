"""`foretaste tune`: teach the language model to rank."""

from __future__ import annotations

import json
import shlex
from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from agent.options import Recipe
from serving.cli.tune_options import (
    Also,
    Asked,
    Choosing,
    Dataset,
    Depth,
    Descending,
    DryRun,
    Epochs,
    HeadRate,
    HowLong,
    KCore,
    Looks,
    Loss,
    Losses,
    Method,
    Methods,
    Name,
    Phrasings,
    Protocol,
    Questions,
    Rank,
    Rate,
    Refit,
    ReportTo,
    Search,
    Seed,
    Soft,
    Start,
    Targets,
    Topics,
    Tower,
    Trackers,
    TrainUsers,
    Ways,
    Width,
)
from tuning.options import TuneOptions

if TYPE_CHECKING:
    from agent.adapters import Card
    from tuning.lesson import Lesson
    from workspace.home import Home

DEFAULTS = TuneOptions()
EVERYTHING = "everything"


def command(
    context: typer.Context,
    name: Name = "",
    protocol: Protocol = EVERYTHING,
    dataset: Dataset = "",
    k_core: KCore = 0,
    train_users: TrainUsers = 0,
    epochs: Epochs = DEFAULTS.epochs,
    method: Method = Methods.lora,
    rank: Rank = DEFAULTS.rank,
    depth: Depth = DEFAULTS.depth,
    questions: Questions = DEFAULTS.questions,
    asked: Asked = Ways.yes_no,
    loss: Loss = Losses.listwise,
    choosing: Choosing = DEFAULTS.choosing,
    topics: Topics = DEFAULTS.topics,
    soft: Soft = DEFAULTS.soft,
    tower: Tower = DEFAULTS.tower,
    phrasings: Phrasings = DEFAULTS.phrasings,
    refit: Refit = DEFAULTS.refit,
    start: Start = DEFAULTS.start,
    width: Width = DEFAULTS.width,
    report_to: ReportTo = Trackers.none,
    rate: Rate = DEFAULTS.rate,
    head_rate: HeadRate = DEFAULTS.head_rate,
    descending: Descending = False,
    targets: Targets = DEFAULTS.targets,
    looks: Looks = DEFAULTS.looks,
    search: Search = 0,
    dry_run: DryRun = False,
    recipe: HowLong = Recipe.full,
    also: Also = None,
    seed: Seed = DEFAULTS.seed,
) -> None:
    """Teach the language model to rank, and keep what it learnt as an adapter. Example: foretaste tune --epochs 4"""
    given = {name: value.value if isinstance(value, StrEnum) else value for name, value in locals().items()}
    from tuning.trainer import processes
    from tuning.tune import tune

    lesson = _lesson(context.obj, given)
    if dry_run:
        return show_data(lesson)
    if search:
        from tuning.search import search as best_of

        lesson = replace(lesson, options=best_of(lesson, search))
        typer.echo(f"found by {search} runs: {lesson.options}")
    name = name or f"{protocol}-{lesson.digest[:8]}"
    made_by = command_of(context, name)
    card = tune(lesson.resources, lesson.split, lesson.retrieval, name, lesson.options, report_to.value, made_by)
    if processes().is_main_process:
        show(card, serves=protocol == EVERYTHING and not dataset)


def _lesson(home: Home, given: dict[str, Any]) -> Lesson:
    """What is to be learnt from, by the command's options."""
    from agent.resources import Resources
    from eval.dataset import with_dataset
    from eval.evaluate import EvaluateOptions, split_of
    from eval.lineup import Scene
    from tuning.lesson import Lesson

    resources = Resources.at(home)
    if given["dataset"]:
        resources = with_dataset(resources, given["dataset"])
    of_split = {name: given[name] for name in ("k_core", "train_users", "seed", "descending")}
    split = split_of(resources, given["protocol"], EvaluateOptions(**of_split))
    retrieval = Scene(resources, given["protocol"], given["seed"], recipe=Recipe(given["recipe"])).retrieval
    named = {one.name: given[one.name] for one in fields(DEFAULTS) if one.name in given}
    return Lesson(resources, split, retrieval, replace(DEFAULTS, **named).told(given["also"] or []))


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
