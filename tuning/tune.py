"""`tune`: teach a language model to read histories, on what a protocol allows, and keep it with a card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from agent.adapters import Card, Measured
from agent.fusion import NO_WEIGHT, Drawn, LanguageWeight, draw_beside, fit_weight
from agent.head import Floats, HeadScorer, mixed
from agent.resources import Resources
from agent.scorer import LanguageScorer
from engine.adapters import Adapter, save_adapter
from engine.methods import check
from engine.reading import ReadingHead
from eval.embeddings import item_vectors
from eval.metrics import ndcg
from eval.peers.product import Retrieval
from eval.protocols.split import Split
from eval.ranking import target_ranks
from tuning.data_card import data_card
from tuning.lesson import Lesson
from tuning.options import TuneOptions
from tuning.run import Trained, refit, run_training, shape_of
from tuning.saying import BRANCHES
from tuning.trainer import LOG, processes
from workspace.errors import StoreError, explained_disk_errors
from workspace.lock import one_at_a_time
from workspace.progress import track

DATA_CARD = "data.json"
TORCH_WRITES = "PytorchStreamWriter", "inline_container"  # what torch says when a file cannot be written


def tune(
    resources: Resources,
    split: Split,
    retrieval: Retrieval,
    name: str,
    options: TuneOptions | None = None,
    report_to: str = "none",
    command: str = "",
) -> Card:
    """Train an adapter and its reading head on `split`, measure them beside `retrieval`, and keep them as `name`.

    A run that was stopped goes on at its last checkpoint, if nothing of what it was told has changed. `report_to` names
    what else its log is sent to, as transformers knows it: tensorboard, wandb, trackio; `command` is for the card.
    Where the run starts from an adapter of the same events that has seen validation, it learns from all events before
    the test, nothing is looked at, and what was measured of the start stands, but for branches, which count nothing.
    Under `accelerate launch` the steps are shared out among the processes; the first one measures and keeps what was
    learnt.

    Raises:
        UsageError: there is an adapter of that name, or it is none for a folder, or a run of that name was stopped and
            was told otherwise.
        ModelError: the method does not run on the model's weights.
        DataError: there is too little to learn from.
        ForetasteError: the loss became no number; the last good checkpoint stays.
        StoreError: the disk is full.
    """
    resources.adapters.check_new(name)
    lesson = Lesson(resources, split, retrieval, options or TuneOptions())
    check(lesson.options.method)
    folder, team = resources.home.runs / "tune" / name, processes()
    with team.main_process_first():
        lesson.prepare()
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(folder.with_name(f"{name}.lock")) if team.is_main_process else nullcontext():
            resources.adapters.check_new(name)
            trained = run_training(lesson, folder, report_to)
            measured = _measured(lesson, trained, folder) if team.is_main_process else None
            if lesson.options.refit and not lesson.goes_on:
                trained = refit(lesson, trained, folder / "refit", report_to)
            if measured:
                _keep(lesson, _card(lesson, name, command, trained, measured), trained, folder)
    team.wait_for_everyone()
    return resources.adapters.find(name).card


def _written(lesson: Lesson, trained: Trained, folder: Path) -> Adapter:
    """The adapter and its head, in files."""
    folder.mkdir(exist_ok=True)
    save_adapter(trained.reader.language, folder)
    trained.reader.head.save(folder, lesson.split.test.events.item_ids, lesson.names)
    return Adapter(folder.parent.name, folder, shape_of(lesson.options))


def _keep(lesson: Lesson, card: Card, trained: Trained, folder: Path) -> None:
    kept = _written(lesson, trained, folder / "kept").folder
    shutil.copy(folder / LOG, kept)
    if (refitted := folder / "refit" / LOG).is_file():
        shutil.copy(refitted, kept / "refit.jsonl")
    (kept / DATA_CARD).write_text(json.dumps(data_card(lesson), indent=2))

    def write(target: Path) -> None:
        shutil.copytree(kept, target, dirs_exist_ok=True)

    lesson.resources.adapters.keep(card, write)
    shutil.rmtree(folder)


def _measured(lesson: Lesson, trained: Trained, folder: Path) -> Measured:
    if lesson.start and lesson.goes_on:
        return replace(lesson.start.measured(lesson.resources.precision), branches=NO_WEIGHT)
    return measure(lesson, _written(lesson, trained, folder / "measured"))


def measure(lesson: Lesson, adapter: Adapter) -> Measured:
    """What the adapter, read from its folder as the product reads it, says of the validation targets."""
    resources, cases, events = lesson.resources, lesson.cases, lesson.split.test.events
    head = ReadingHead.load(adapter.folder, events.item_ids, item_vectors(resources, events.catalogue))
    engine = resources.engine.with_adapter(adapter)
    scorer = HeadScorer(engine, lesson.renderer, events.catalogue, head, events.item_ids)
    said = scorer.log_p([lesson.retrieval.timeline(case) for case in cases], lesson.allowed)
    fused = _crossed(lesson, said)
    chooses = lesson.options.questions and lesson.options.asked == BRANCHES
    branches = _branches(lesson, scorer.chooser, fused) if chooses else NO_WEIGHT
    rows = np.arange(len(cases))

    def figures(log_p: Floats) -> tuple[float, float]:
        ranks = target_ranks(log_p, lesson.targets, events.counts)
        return float(log_p[rows, lesson.targets].mean()), float(ndcg(ranks, 10).mean())

    (one, one_ndcg), (other, other_ndcg), (both, both_ndcg) = map(figures, (lesson.retrieved, said, fused))
    return Measured(
        len(cases), one, other, both, one_ndcg, other_ndcg, both_ndcg, lesson.fit_mix(said).weights, branches
    )


def _branches(lesson: Lesson, chooser: LanguageScorer, log_p: Floats) -> LanguageWeight:
    """What the branches add to log P(next) of the others, float64 [cases, items]; see `fit_weight`."""
    generator = np.random.default_rng(lesson.options.seed)
    drawn = [draw_beside(row, target, generator) for row, target in zip(log_p, lesson.targets.tolist(), strict=True)]
    item_ids = lesson.split.test.events.item_ids
    histories = [lesson.retrieval.timeline(case) for case in lesson.cases]
    asked = [(one, [item_ids[place] for place in places]) for one, (places, _) in zip(histories, drawn, strict=True)]
    values = track(chooser.many(asked), "measuring the branches", len(asked))
    return fit_weight([Drawn(one, counts) for one, (_, counts) in zip(values, drawn, strict=True)])


def _crossed(lesson: Lesson, said: Floats) -> Floats:
    """The sum for each half of the targets by the weights that the other half gives."""
    fused = np.empty(said.shape)
    one = np.arange(len(said)) % 2 == 0
    for half in (one, ~one):
        weights = lesson.fit_mix(said, ~half).weights
        fused[half] = mixed(weights, lesson.retrieved[half], said[half])
    return fused


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn whatever the libraries raise when they cannot write to `folder` into a `StoreError`."""
    with explained_disk_errors(folder):
        try:
            yield
        except (SafetensorError, RuntimeError) as error:
            if isinstance(error, SafetensorError) or any(sign in str(error) for sign in TORCH_WRITES):
                raise StoreError(
                    f"could not write {folder}: {error}; free some room and run the same command again: it goes on at "
                    "its last checkpoint"
                ) from error
            raise


def _card(lesson: Lesson, name: str, command: str, trained: Trained, measured: Measured) -> Card:
    resources, split = lesson.resources, lesson.split
    return Card(
        name=name,
        base=resources.settings.model,
        fingerprint=resources.fingerprint,
        encoder=resources.settings.encoder,
        protocol=split.protocol,
        fit_hash=split.fit_hash,
        cut=float(split.test.events.times.max()),  # the weights were fitted on validation's targets
        users=len(lesson.histories),
        events=len(split.test.events if lesson.options.refit else lesson.learnt_from),
        prompt=lesson.prompt,
        shape=asdict(shape_of(lesson.options)),
        settings={**asdict(lesson.options), "refit": max(lesson.options.refit, int(lesson.goes_on))},
        tokens=trained.tokens,
        seconds=trained.seconds,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        measured={resources.precision: measured},
        command=command,
    )
