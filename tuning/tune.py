"""`tune`: teach a language model to read histories, on what a protocol allows, and keep it with a card."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from agent.adapters import Card, Measured, check_name
from agent.head import RETRIEVAL, Floats, HeadScorer, mixed
from agent.resources import Resources
from engine.adapters import Adapter, AdapterShape, add_adapter, beside, save_adapter
from engine.reading import HeadShape, ReadingHead
from eval.embeddings import item_vectors
from eval.fitted import fit_or_read
from eval.metrics import ndcg
from eval.peers.product import Retrieval
from eval.protocols.split import Split
from eval.ranking import target_ranks
from retrieval.blend import log_softmax
from tuning.lesson import Lesson
from tuning.options import TuneOptions
from tuning.plan import Plan
from tuning.reader import Reader, collate
from tuning.trainer import LOG, ReadingTrainer, TrainOptions
from workspace.errors import StoreError
from workspace.progress import track

ABOUT = "run.json"
TOGETHER = 16  # validation targets that are read at once


def tune(
    resources: Resources, split: Split, retrieval: Retrieval, name: str, options: TuneOptions | None = None
) -> Card:
    """Train an adapter and its reading head on `split`, measure them beside `retrieval`, and keep them as `name`.

    A run that was stopped goes on at its last checkpoint, if nothing of what it was told has changed.

    Raises:
        UsageError: the name is none for a folder.
        DataError: there is too little to learn from.
        ForetasteError: the loss became no number; the last good checkpoint stays.
        StoreError: the disk is full.
    """
    check_name(name)
    lesson = Lesson(resources, split, retrieval, options or TuneOptions())
    fit_or_read(resources.home, RETRIEVAL, retrieval, split)
    lesson.check()
    reader, plan = _reader(lesson), _plan(lesson)
    about = {"fit_hash": split.fit_hash, "prompt": resources.prompt, "precision": resources.precision}
    folder = _run_folder(resources.home.runs / "tune" / name, {**about, **asdict(lesson.options)})
    seconds = _train(lesson, reader, plan, folder)
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    save_adapter(reader.language, kept)
    reader.head.save(kept, split.test.events.item_ids)
    shutil.copy(folder / LOG, kept)
    measured = measure(lesson, Adapter(name, kept, _shape(lesson.options)))
    card = _card(lesson, name, plan, seconds, measured)

    def write(target: Path) -> None:
        shutil.copytree(kept, target, dirs_exist_ok=True)

    resources.adapters.keep(card, write)
    shutil.rmtree(folder)
    return card


def measure(lesson: Lesson, adapter: Adapter) -> Measured:
    """What the adapter, read from its folder as the product reads it, says of the validation targets."""
    resources, cases, events = lesson.resources, lesson.cases, lesson.split.test.events
    head = ReadingHead.load(adapter.folder, events.item_ids, item_vectors(resources, events.catalogue))
    scorer = HeadScorer(resources.engine.with_adapter(adapter), resources.renderer, events.catalogue, head)
    said = scorer.log_p([lesson.retrieval.timeline(case) for case in cases], lesson.allowed)
    weights = lesson.fit_mix(said).weights
    fused = mixed(weights, lesson.retrieved, said, lesson.allowed)
    rows = np.arange(len(cases))

    def figures(log_p: Floats) -> tuple[float, float]:
        ranks = target_ranks(log_p, lesson.targets, events.counts)
        return float(log_p[rows, lesson.targets].mean()), float(ndcg(ranks, 10).mean())

    (one, one_ndcg), (other, other_ndcg), (both, both_ndcg) = map(figures, (lesson.retrieved, said, fused))
    return Measured(len(cases), one, other, both, one_ndcg, other_ndcg, both_ndcg, weights)


def _shape(options: TuneOptions) -> AdapterShape:
    # Dropout inside the adapter would cost a third of the tokens a second.
    return AdapterShape(options.rank, 2 * options.rank, 0.0, options.depth)


def _reader(lesson: Lesson) -> Reader:
    resources, options = lesson.resources, lesson.options
    language = beside(resources.engine.model)
    language.set_attn_implementation("sdpa")
    add_adapter(language, _shape(options), options.seed)
    events = lesson.split.validation.events
    texts = item_vectors(resources, events.catalogue)
    counts = np.bincount(events.items, minlength=len(texts))
    head = ReadingHead(
        language.config.hidden_size, texts, counts, HeadShape(options.width, options.dropout), options.seed
    )
    return Reader(language, head.to(language.device), options.untrained)


def _plan(lesson: Lesson) -> Plan:
    options = lesson.options
    return Plan(lesson.histories, options.epochs, options.stretch, options.tokens, options.seed, options.dropped)


def _run_folder(folder: Path, about: dict[str, object]) -> Path:
    """The run's folder; what another run left there is swept away."""
    file = folder / ABOUT
    told = json.dumps(about, sort_keys=True)
    if not file.is_file() or file.read_text() != told:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        file.write_text(told)
    return folder


def _train(lesson: Lesson, reader: Reader, plan: Plan, folder: Path) -> float:
    options = lesson.options
    chosen = TrainOptions(
        rate=options.rate,
        head_rate=options.head_rate,
        looks=options.looks,
        patience=options.patience,
        seed=options.seed,
    )
    trainer = ReadingTrainer(reader, plan, _look(lesson, reader), folder, chosen)
    begun = any([_is_whole(checkpoint) for checkpoint in folder.glob("checkpoint-*")])
    start = time.perf_counter()
    try:
        trainer.train(resume_from_checkpoint=begun)
    except OSError as error:
        raise StoreError(f"could not write {folder}: {error.strerror}; what was kept before is untouched") from error
    return time.perf_counter() - start


def _is_whole(checkpoint: Path) -> bool:
    """Whether a checkpoint was written to its end; one that was not is swept away. Its state is written last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_bytes())
        return True
    except (OSError, ValueError):
        shutil.rmtree(checkpoint)
        return False


def _look(lesson: Lesson, reader: Reader) -> Callable[[], float]:
    """The mean log-likelihood of the validation targets by the head's best sum with the retriever.

    Not by the head alone: what it gets too sure of costs it much there, and nothing beside the retriever, since the
    weights of the sum make up for it.
    """
    order = np.argsort([len(question.ids) for question in lesson.questions], kind="stable")
    parts = np.array_split(order, -(-len(order) // TOGETHER))

    @torch.no_grad()
    def look() -> float:
        was_training = reader.training
        reader.eval()
        said = np.empty(lesson.allowed.shape)
        for part in track(parts, "validation", len(parts)):
            states = reader.states(collate([lesson.questions[place] for place in part]))
            said[part] = reader.head(states).double().cpu().numpy()
        reader.train(was_training)
        return lesson.best_mix(log_softmax(said, lesson.allowed))

    return look


def _card(lesson: Lesson, name: str, plan: Plan, seconds: float, measured: Measured) -> Card:
    resources, split = lesson.resources, lesson.split
    return Card(
        name=name,
        base=resources.settings.model,
        fingerprint=resources.fingerprint,
        protocol=split.protocol,
        fit_hash=split.fit_hash,
        cut=float(split.validation.events.times.max()),
        users=len(lesson.histories),
        events=len(split.validation.events),
        prompt=resources.prompt,
        shape=asdict(_shape(lesson.options)),
        settings=asdict(lesson.options),
        tokens=sum(len(reading.ids) for step in range(len(plan)) for reading in plan[step]),
        seconds=seconds,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        measured={resources.precision: measured},
    )
