"""Teaches a model to talk: to word reasons, and to read what a turn of a chat asks for.

An adapter of its own, beside which the one that ranks stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import Trainer, TrainingArguments

from agent.chat.language import Language
from agent.chat.reading import TurnReader
from agent.rationale import Pen
from agent.resources import Resources
from agent.talk import publish_talk, talk_for
from engine.adapters import Adapter, AdapterShape, add_adapter, beside, save_adapter, take_over
from engine.local import LocalEngine
from engine.methods import check_gradients
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from prompts.segment import Piece, Segment
from tuning.made_facts import made_lessons
from tuning.sentences import Sentence, Speaker, packed
from tuning.turns import turn_lessons
from workspace.artefact import Artefact
from workspace.errors import NotReady


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """How to teach: made-up `examples` of reasons, written turns of chats in so many `rounds`.

    So many are read `together` in a step; then the adapter's learning rate and rank. `further` goes on from the adapter
    that is in use, with its rank.
    """

    examples: int = 2_000
    rounds: int = 4
    together: int = 16
    rate: float = 8e-4
    rank: int = 16
    seed: int = 0
    further: bool = False


def teach(resources: Resources, options: TalkOptions, folder: Path) -> Artefact:
    """Train the adapter on made-up facts and publish it in the home; checkpoints lie in `folder`.

    Raises:
        ModelError: the model cannot be trained as its weights are held.
        NotReady: it is to go on, and there is none for this model.
    """
    engine = resources.engine
    check_gradients(engine.model)
    model = beside(engine.model)
    model.set_attn_implementation("sdpa")
    start = _start(resources) if options.further else None
    shape = start.shape if start else AdapterShape(options.rank, 2 * options.rank, 0.0)
    add_adapter(model, shape, options.seed)
    if start:
        take_over(model, start)
    sentences = _sentences(engine, resources, options)
    batches = _steps(sentences, options)
    begun = time.perf_counter()
    trainer = Trainer(Speaker(model), _arguments(options, folder), data_collator=_joined, train_dataset=batches)
    loss = trainer.train().training_loss
    about = {
        "fingerprint": resources.fingerprint,
        "base": resources.settings.model,
        "shape": asdict(shape),
        "options": asdict(options),
        "start": start.folder.name if start else "",
        "turns": options.rounds > 0,
        "tokens": int(sum(one.length for one in sentences)),
        "seconds": round(time.perf_counter() - begun, 1),
        "loss": round(loss, 4),
    }
    return publish_talk(resources.home, about, lambda target: save_adapter(model, target))


def _start(resources: Resources) -> Adapter:
    talk = talk_for(resources.home, resources.fingerprint)
    if not talk:
        raise NotReady("nothing was taught to this model that could be taught further; say it without --further")
    return talk.adapter


def _sentences(engine: LocalEngine, resources: Resources, options: TalkOptions) -> list[Sentence]:
    said = (*_reasons(engine, resources, options), *_turns(engine, resources, options))
    return [_sentence(engine, stem, answer) for stem, answer in said]


def _reasons(engine: LocalEngine, resources: Resources, options: TalkOptions) -> Iterator[tuple[Segment, str]]:
    """Facts, and a sentence that words them."""
    renderers: dict[str, Renderer] = {}
    for lesson in made_lessons(options.examples, options.seed):
        name = lesson.domain.name
        if name not in renderers:
            phrases = Phrases(lesson.domain, "title")
            renderers[name] = Renderer(phrases, engine.tokens, lesson.domain, resources.settings, 5.0)
        yield Pen(engine, renderers[name], freely=True, taught=True).stem(lesson.draft), lesson.answer


def _turns(engine: LocalEngine, resources: Resources, options: TalkOptions) -> Iterator[tuple[Segment, str]]:
    """Turns of chats, and what they ask for; in every round with other names."""
    reader = TurnReader(engine, resources.renderer)
    for number in range(options.rounds):
        for lesson in turn_lessons(Language.of("en"), options.seed + number):
            yield reader.stem(lesson.text, lesson.listed, lesson.before), lesson.answer


def _sentence(engine: LocalEngine, stem: Segment, answer: str) -> Sentence:
    prompt = tuple(tuple(piece) for piece in engine.tokens.encode(stem) if piece)
    return Sentence(prompt, _tokens(engine, Segment((Piece(f"{answer}\n"),))))


def _tokens(engine: LocalEngine, segment: Segment) -> tuple[int, ...]:
    return tuple(token for piece in engine.tokens.encode(segment) for token in piece)


def _steps(sentences: Sequence[Sentence], options: TalkOptions) -> list[list[Sentence]]:
    """What is learnt from in one step each, in random order."""
    order = np.random.default_rng(options.seed).permutation(len(sentences)).tolist()
    firsts = range(0, len(order), options.together)
    return [[sentences[place] for place in order[first : first + options.together]] for first in firsts]


def _arguments(options: TalkOptions, folder: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,  # of steps that hold several sentences
        num_train_epochs=1,
        learning_rate=options.rate,
        lr_scheduler_type="linear",
        warmup_steps=10,
        logging_steps=10,
        save_strategy="no",
        report_to="none",
        seed=options.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        use_cpu=not torch.cuda.is_available(),
    )


def _joined(steps: list[list[Sentence]]) -> dict[str, Tensor]:
    return packed([sentence for step in steps for sentence in step])
