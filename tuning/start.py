"""Where a run begins: with what another adapter has learnt, on the same events or on another catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.adapters import Card, at_folder
from engine.adapters import take_over
from engine.reading import ITEMS, ReadingHead
from eval.embeddings import item_vectors
from tuning.lesson import Lesson
from workspace.errors import NotReady, UsageError

SHAPE = "method", "rank", "depth", "width"  # settings that a run shares with what it starts from


def begin(lesson: Lesson, language: Any, head: ReadingHead) -> None:
    """Give a fresh adapter and head what the adapter that the options name as `start` has learnt.

    Raises:
        UnknownName: there is none of that name.
        NotReady: it was made for another model or encoder, or reads histories that are written otherwise.
        UsageError: it has another shape, or may have seen what this run is measured on.
    """
    resources, events, options = lesson.resources, lesson.split.test.events, lesson.options
    elsewhere = Path(options.start).is_dir()
    version = at_folder(Path(options.start)) if elsewhere else resources.adapters.find(options.start)
    resources.check_fits(version)
    card = version.card
    _refuse_other_prompt(card, resources.prompt)
    if any(card.settings[name] != getattr(options, name) for name in SHAPE):
        shape = " ".join(f"--{name} {card.settings[name]}" for name in SHAPE)
        raise UsageError(f"the adapter {card.name!r} has another shape; go on from it with {shape}")
    if elsewhere:
        _refuse_same_items(card, version.folder, lesson.names)
        head.take_over(version.folder, lesson.names)
    else:
        _refuse_other_events(card, lesson)
        head.load_state_dict(version.head(events.item_ids, item_vectors(resources, events.catalogue)).state_dict())
    take_over(language, version.adapter)


def _refuse_other_prompt(card: Card, prompt: Mapping[str, Any]) -> None:
    if changed := [name for name, value in prompt.items() if card.prompt.get(name) != value]:
        told = ", ".join(f"{name} = {card.prompt.get(name)}" for name in changed)
        raise NotReady(
            f"the adapter {card.name!r} has learnt to read histories that were written with other settings: set {told}"
        )


def _refuse_other_events(card: Card, lesson: Lesson) -> None:
    if card.fit_hash != lesson.split.fit_hash:
        raise UsageError(
            f"the adapter {card.name!r} was tuned on other events ({card.protocol}), so it may have seen what this run "
            "is measured on: start from one of the same --protocol, --dataset, --k-core, --train-users and --seed"
        )
    if card.settings["refit"]:
        raise UsageError(
            f"the adapter {card.name!r} has seen the targets that this run is looked at by; tune it with --refit 0"
        )


def _refuse_same_items(card: Card, folder: Path, names: Sequence[str]) -> None:
    """An adapter from elsewhere has learnt from other users, which only another catalogue shows."""
    learnt = set(json.loads((folder / ITEMS).read_text())["names"])
    if not learnt or learnt == set(names):
        raise UsageError(
            f"the adapter {card.name!r} in {folder} was tuned on the same items, so it may have seen what this run is "
            "measured on: to go on from an adapter of the same events give its name"
        )
