"""Teaches a model to talk: to word reasons, and to read what a turn of a chat asks for.

An adapter of its own, beside which the one that ranks stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft.helpers import disable_input_dtype_casting
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import Trainer, TrainingArguments

from agent.chat.language import Language
from agent.chat.reading import TurnReader
from agent.rationale import Pen
from agent.resources import Resources
from agent.talk import publish_talk
from engine.adapters import AdapterShape, add_adapter, beside, save_adapter
from engine.local import LocalEngine
from engine.methods import check_gradients
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from prompts.segment import Piece, Segment
from tuning.made_facts import made_lessons
from tuning.turns import turn_lessons
from workspace.artefact import Artefact

IGNORED = -100  # of a target that is none


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """How to teach: made-up `examples` of reasons, written turns of chats in so many `rounds`.

    So many are read `together` in a step; then the adapter's learning rate and rank.
    """

    examples: int = 2_000
    rounds: int = 4
    together: int = 16
    rate: float = 8e-4
    rank: int = 16
    seed: int = 0


@dataclass(frozen=True)
class Sentence:
    """Token ids of a prompt and its answer, int64 [tokens]; in `targets` those of the prompt are `IGNORED`."""

    ids: Tensor
    targets: Tensor


class Speaker(nn.Module):
    """A language model and its loss on answers; only where an answer stands is the vocabulary weighed."""

    def __init__(self, language: Any) -> None:
        super().__init__()
        self.language = language

    def forward(self, ids: Tensor, targets: Tensor, seen: Tensor) -> dict[str, Tensor]:
        """The mean loss of a token of the answers, in nats; all int64 [sentences, longest]."""
        kind, half = ids.device.type, self.language.dtype != torch.float32
        with disable_input_dtype_casting(self.language), torch.autocast(kind, self.language.dtype, enabled=half):
            states = self.language.base_model(input_ids=ids, attention_mask=seen).last_hidden_state[:, :-1]
            wanted = targets[:, 1:]
            answers = wanted != IGNORED
            logits = self.language.get_output_embeddings()(states[answers])
        return {"loss": nn.functional.cross_entropy(logits.float(), wanted[answers])}


def teach(resources: Resources, options: TalkOptions, folder: Path) -> Artefact:
    """Train the adapter on made-up facts and publish it in the home; checkpoints lie in `folder`.

    Raises:
        ModelError: the model cannot be trained as its weights are held.
    """
    engine = resources.engine
    check_gradients(engine.model)
    model = beside(engine.model)
    model.set_attn_implementation("sdpa")
    shape = AdapterShape(options.rank, 2 * options.rank, 0.0)
    add_adapter(model, shape, options.seed)
    sentences = _sentences(engine, resources, options)
    batches = _of_a_length(sentences, options)
    begun = time.perf_counter()
    trainer = Trainer(Speaker(model), _arguments(options, folder), data_collator=_side_by_side, train_dataset=batches)
    loss = trainer.train().training_loss
    about = {
        "fingerprint": resources.fingerprint,
        "base": resources.settings.model,
        "shape": asdict(shape),
        "options": asdict(options),
        "turns": options.rounds > 0,
        "tokens": int(sum(len(one.ids) for one in sentences)),
        "seconds": round(time.perf_counter() - begun, 1),
        "loss": round(loss, 4),
    }
    return publish_talk(resources.home, about, lambda target: save_adapter(model, target))


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
    asked, said = (_ids(engine, part) for part in (stem, Segment((Piece(f"{answer}\n"),))))
    ids = torch.tensor(asked + said)
    targets = ids.clone()
    targets[: len(asked)] = IGNORED
    return Sentence(ids, targets)


def _of_a_length(sentences: Sequence[Sentence], options: TalkOptions) -> list[list[Sentence]]:
    """What is learnt from in one step each: sentences of about one length, so that little room stays empty."""
    shuffled = np.random.default_rng(options.seed).permutation(len(sentences))
    order = sorted(shuffled.tolist(), key=lambda place: len(sentences[place].ids))
    firsts = range(0, len(order), options.together)
    return [[sentences[place] for place in order[first : first + options.together]] for first in firsts]


def _ids(engine: LocalEngine, segment: Segment) -> list[int]:
    return [token for piece in engine.tokens.encode(segment) for token in piece]


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


def _side_by_side(steps: list[list[Sentence]]) -> dict[str, Tensor]:
    (sentences,) = steps
    ids = pad_sequence([one.ids for one in sentences], batch_first=True)
    targets = pad_sequence([one.targets for one in sentences], batch_first=True, padding_value=IGNORED)
    seen = pad_sequence([torch.ones_like(one.ids) for one in sentences], batch_first=True)
    return {"ids": ids, "targets": targets, "seen": seen}
