"""One training run: what is trained, its folder, and the look at validation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.adapters import AdapterShape, add_adapter, beside
from engine.methods import check_gradients
from engine.reading import HeadShape, ReadingHead
from eval.embeddings import item_vectors
from eval.topics import TopicTable
from retrieval.blend import log_softmax
from tuning.lesson import Lesson
from tuning.losses import LOSSES, topic
from tuning.options import TuneOptions
from tuning.reader import Reader, collate
from tuning.saying import SAY
from tuning.start import begin
from tuning.trainer import ReadingTrainer, TrainOptions, processes
from workspace.errors import UsageError
from workspace.progress import track

ABOUT, ENDED = "run.json", "ended"
GENTLE = 0.3  # of the learning rates, in the last epochs over everything
TOGETHER = 16  # validation targets that are read at once


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run made, and what it took up to where it ended: tokens that were read, and seconds.

    `best` is the mean log-likelihood of validation's targets, in nats, at the look that was kept; NaN without a look.
    """

    reader: Reader
    tokens: int
    seconds: float
    best: float


def reader_of(lesson: Lesson) -> Reader:
    """What is trained: the model with an adapter, which shares its weights, and a head, fresh but for a `start`.

    Raises:
        UsageError: the start was tuned on other events, or has another shape.
        ModelError: the model cannot be trained as its weights are held.
    """
    resources, options = lesson.resources, lesson.options
    check_gradients(resources.engine.model)
    language = beside(resources.engine.model)
    language.set_attn_implementation("sdpa")
    steps = -(-len(lesson.plan) // processes().num_processes)
    after_step = add_adapter(language, shape_of(options), options.seed, steps)
    events = lesson.split.validation.events
    texts = item_vectors(resources, events.catalogue)
    counts = np.bincount(lesson.learnt_from.items, minlength=len(texts))
    head = ReadingHead(
        language.config.hidden_size, texts, counts, HeadShape(options.width, options.dropout), options.seed
    )
    if options.tower:
        head.begin_with(*lesson.tower)
    if lesson.start:
        begin(lesson, lesson.start, language, head)
    say = partial(SAY[options.asked], language, head) if options.questions else None
    head = head.to(language.device)
    losses = LOSSES[options.loss], options.choosing, options.soft, _topics(lesson)
    reader = Reader(language, head, options.hidden, say, *losses)
    reader.after_step = after_step
    return reader


def _topics(lesson: Lesson) -> Callable[[Tensor, Tensor, Tensor], Tensor] | None:
    """The loss of the next topic, by how much it counts; None where it does not."""
    share, catalogue = lesson.options.topics, lesson.split.validation.events.catalogue
    if not share:
        return None
    mass = torch.from_numpy(TopicTable.of(catalogue).mass).float().to(lesson.resources.engine.model.device)
    return lambda logits, targets, places: share * topic(logits, targets, mass[places])


def shape_of(options: TuneOptions) -> AdapterShape:
    """The adapter's shape."""
    # Dropout inside the adapter would cost a third of the tokens a second.
    return AdapterShape(options.rank, 2 * options.rank, 0.0, options.depth, options.method)


def run_training(lesson: Lesson, folder: Path, report_to: str = "none") -> Trained:
    """Train an adapter and a head, from the last checkpoint in `folder` on where there is one.

    Raises:
        UsageError: the folder holds a run that was stopped and was told otherwise.
        ForetasteError: the loss became no number; the last good checkpoint stays.
    """
    begun, reader = _begun(folder, lesson.told), reader_of(lesson)
    look = None if lesson.goes_on else _look(lesson, reader)
    trainer = ReadingTrainer(reader, lesson.plan, look, folder, _told(lesson, report_to))
    if look and (folder / ENDED).is_file():
        trainer.take_up()
    else:
        trainer.train(resume_from_checkpoint=begun)
        (folder / ENDED).touch()
    best = trainer.state.best_metric
    return Trained(reader, trainer.tokens, trainer.seconds, float("nan") if best is None else float(best))


def refit(lesson: Lesson, trained: Trained, folder: Path, report_to: str = "none") -> Trained:
    """Go on over all events before the test, validation's targets among them, as the retriever is fitted in the end.

    At lower rates: where it leads is looked at no more.
    """
    begun, told = _begun(folder, lesson.told), _told(lesson, report_to)
    trained.reader.head.learn_also(
        np.bincount(lesson.split.test.events.items, minlength=len(trained.reader.head.texts))
    )
    if after_step := trained.reader.after_step:
        trained.reader.after_step = lambda step: after_step(len(lesson.plan) + step)
    gentle = replace(told, rate=GENTLE * told.rate, head_rate=GENTLE * told.head_rate)
    trainer = ReadingTrainer(trained.reader, lesson.last_plan, None, folder, gentle)
    trainer.train(resume_from_checkpoint=begun)
    return replace(trained, tokens=trained.tokens + trainer.tokens, seconds=trained.seconds + trainer.seconds)


def _told(lesson: Lesson, report_to: str) -> TrainOptions:
    options = lesson.options
    return TrainOptions(
        rate=options.rate,
        head_rate=options.head_rate,
        looks=options.looks,
        patience=options.patience,
        weight_decay=options.weight_decay,
        seed=options.seed,
        report_to=report_to,
    )


def _begun(folder: Path, about: dict[str, object]) -> bool:
    """Make a run's folder, or find it with a checkpoint of the same run, and say whether it holds one.

    Raises:
        UsageError: it holds a checkpoint of a run that was told otherwise.
    """
    with processes().main_process_first():
        file = folder / ABOUT
        if file.is_file() and any([_is_whole(checkpoint) for checkpoint in folder.glob("checkpoint-*")]):
            _refuse_another_run(folder, json.loads(file.read_text()), json.loads(json.dumps(about)))
            return True
        if processes().is_main_process:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            file.write_text(json.dumps(about, sort_keys=True))
        return False


def _refuse_another_run(folder: Path, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    differs = [
        f"{name} was {before.get(name)!r} and is {now.get(name)!r}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    if differs:
        raise UsageError(
            f"{folder} holds a run that was stopped and was told otherwise: {'; '.join(differs)}; tell it the same to "
            "go on, choose another --name, or delete that folder to begin anew"
        )


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
