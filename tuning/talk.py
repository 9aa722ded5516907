"""Teaches a model to word reasons: an adapter of its own, beside which the one that ranks stays as it is."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import Trainer, TrainingArguments

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
from workspace.artefact import Artefact

IGNORED = -100  # of a target that is none


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """How to teach: `examples`, of which so many `together` in a step, and the adapter's learning rate and rank."""

    examples: int = 2_000
    together: int = 8
    rate: float = 1e-3
    rank: int = 8
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
    begun = time.perf_counter()
    trainer = Trainer(Speaker(model), _arguments(options, folder), data_collator=_side_by_side, train_dataset=sentences)
    loss = trainer.train().training_loss
    about = {
        "fingerprint": resources.fingerprint,
        "base": resources.settings.model,
        "shape": asdict(shape),
        "options": asdict(options),
        "tokens": int(sum(len(one.ids) for one in sentences)),
        "seconds": round(time.perf_counter() - begun, 1),
        "loss": round(loss, 4),
    }
    return publish_talk(resources.home, about, lambda target: save_adapter(model, target))


def _sentences(engine: LocalEngine, resources: Resources, options: TalkOptions) -> list[Sentence]:
    renderers: dict[str, Renderer] = {}
    found = []
    for lesson in made_lessons(options.examples, options.seed):
        name = lesson.domain.name
        if name not in renderers:
            phrases = Phrases(lesson.domain, "title")
            renderers[name] = Renderer(phrases, engine.tokens, lesson.domain, resources.settings, 5.0)
        stem = Pen(engine, renderers[name], freely=True, taught=True).stem(lesson.draft)
        asked, said = (_ids(engine, part) for part in (stem, Segment((Piece(f"{lesson.answer}\n"),))))
        ids = torch.tensor(asked + said)
        targets = ids.clone()
        targets[: len(asked)] = IGNORED
        found.append(Sentence(ids, targets))
    return found


def _ids(engine: LocalEngine, segment: Segment) -> list[int]:
    return [token for piece in engine.tokens.encode(segment) for token in piece]


def _arguments(options: TalkOptions, folder: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=options.together,
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


def _side_by_side(sentences: list[Sentence]) -> dict[str, Tensor]:
    ids = pad_sequence([one.ids for one in sentences], batch_first=True)
    targets = pad_sequence([one.targets for one in sentences], batch_first=True, padding_value=IGNORED)
    seen = pad_sequence([torch.ones_like(one.ids) for one in sentences], batch_first=True)
    return {"ids": ids, "targets": targets, "seen": seen}
