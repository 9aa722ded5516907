"""`tune`: teach a language model to read histories, on what a protocol allows, and keep it with a card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError

from agent.adapters import Card, Measured
from agent.fusion import NO_WEIGHT, Drawn, LanguageWeight, draw_beside, fit_weight
from agent.head import RETRIEVAL, Floats, HeadScorer, mixed
from agent.resources import Resources
from agent.scorer import LanguageScorer
from engine.adapters import Adapter, AdapterShape, add_adapter, beside, save_adapter
from engine.reading import HeadShape, ReadingHead
from engine.readouts import log_odds
from eval.embeddings import item_vectors
from eval.fitted import fit_or_read
from eval.metrics import ndcg
from eval.peers.product import Retrieval
from eval.protocols.split import Split
from eval.ranking import target_ranks
from retrieval.blend import log_softmax
from tuning.data_card import data_card
from tuning.lesson import Lesson
from tuning.losses import LOSSES
from tuning.options import TuneOptions
from tuning.plan import Plan
from tuning.reader import Reader, collate
from tuning.trainer import LOG, ReadingTrainer, TrainOptions
from workspace.errors import StoreError, explained_disk_errors
from workspace.lock import one_at_a_time
from workspace.progress import track

ABOUT, DATA_CARD = "run.json", "data.json"
TORCH_WRITES = "PytorchStreamWriter", "inline_container"  # what torch says when a file cannot be written
TOGETHER = 16  # validation targets that are read at once


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run took, up to where it ended: tokens that were read, and seconds."""

    tokens: int
    seconds: float


def tune(
    resources: Resources,
    split: Split,
    retrieval: Retrieval,
    name: str,
    options: TuneOptions | None = None,
    report_to: str = "none",
) -> Card:
    """Train an adapter and its reading head on `split`, measure them beside `retrieval`, and keep them as `name`.

    A run that was stopped goes on at its last checkpoint, if nothing of what it was told has changed. `report_to` names
    what else its log is sent to, as transformers knows it: tensorboard, wandb, trackio.

    Raises:
        UsageError: there is an adapter of that name, or it is none for a folder.
        DataError: there is too little to learn from.
        ForetasteError: the loss became no number; the last good checkpoint stays.
        StoreError: the disk is full.
    """
    resources.adapters.check_new(name)
    lesson = Lesson(resources, split, retrieval, options or TuneOptions())
    fit_or_read(resources.home, RETRIEVAL, retrieval, split)
    lesson.check()
    folder = resources.home.runs / "tune" / name
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(folder.with_name(f"{name}.lock")):
            resources.adapters.check_new(name)
            return _tune(lesson, name, folder, report_to)


def _tune(lesson: Lesson, name: str, folder: Path, report_to: str) -> Card:
    resources = lesson.resources
    reader, plan = reader_of(lesson), lesson.plan
    _sweep(folder, lesson.told)
    trained = _train(lesson, reader, plan, folder, report_to)
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    save_adapter(reader.language, kept)
    reader.head.save(kept, lesson.split.test.events.item_ids)
    shutil.copy(folder / LOG, kept)
    (kept / DATA_CARD).write_text(json.dumps(data_card(lesson), indent=2))
    card = _card(lesson, name, trained, measure(lesson, Adapter(name, kept, _shape(lesson.options))))

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
    fused = _crossed(lesson, said)
    branches = _branches(lesson, scorer.chooser, fused) if lesson.options.questions else NO_WEIGHT
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
        fused[half] = mixed(weights, lesson.retrieved[half], said[half], lesson.allowed[half])
    return fused


def _shape(options: TuneOptions) -> AdapterShape:
    # Dropout inside the adapter would cost a third of the tokens a second.
    return AdapterShape(options.rank, 2 * options.rank, 0.0, options.depth)


def reader_of(lesson: Lesson) -> Reader:
    """What is trained: the model with a fresh adapter, which shares its weights, and a fresh head."""
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
    say = partial(log_odds, language, resources.engine.tokens) if options.questions else None
    return Reader(language, head.to(language.device), options.untrained, say, LOSSES[options.loss])


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


def _sweep(folder: Path, about: dict[str, object]) -> None:
    """Make the run's folder; what another run left there is swept away."""
    file = folder / ABOUT
    told = json.dumps(about, sort_keys=True)
    if not file.is_file() or file.read_text() != told:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        file.write_text(told)


def _train(lesson: Lesson, reader: Reader, plan: Plan, folder: Path, report_to: str) -> Trained:
    options = lesson.options
    chosen = TrainOptions(
        rate=options.rate,
        head_rate=options.head_rate,
        looks=options.looks,
        patience=options.patience,
        weight_decay=options.weight_decay,
        seed=options.seed,
        report_to=report_to,
    )
    trainer = ReadingTrainer(reader, plan, _look(lesson, reader), folder, chosen)
    begun = any([_is_whole(checkpoint) for checkpoint in folder.glob("checkpoint-*")])
    trainer.train(resume_from_checkpoint=begun)
    tokens = sum(len(reading.ids) for step in range(trainer.state.global_step) for reading in plan[step])
    return Trained(tokens, trainer.seconds)


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


def _card(lesson: Lesson, name: str, trained: Trained, measured: Measured) -> Card:
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
        events=len(split.validation.events),
        prompt=resources.prompt,
        shape=asdict(_shape(lesson.options)),
        settings=asdict(lesson.options),
        tokens=trained.tokens,
        seconds=trained.seconds,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        measured={resources.precision: measured},
    )
