"""Where a run begins: with what another adapter has learnt, on the same events or on another catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.adapters import Card, Version
from engine.adapters import take_over
from engine.reading import ITEMS, ReadingHead
from eval.embeddings import item_vectors
from tuning.lesson import Lesson
from workspace.errors import UsageError

SHAPE = "method", "rank", "depth", "width"  # settings that a run shares with what it starts from


def begin(lesson: Lesson, version: Version, language: Any, head: ReadingHead) -> None:
    """Give a fresh adapter and head what another adapter, the lesson's `start`, has learnt.

    Raises:
        UsageError: it has another shape, or may have seen what this run is measured on.
    """
    card, events, options = version.card, lesson.split.test.events, lesson.options
    if any(card.settings[name] != getattr(options, name) for name in SHAPE):
        shape = " ".join(f"--{name} {card.settings[name]}" for name in SHAPE)
        raise UsageError(f"the adapter {card.name!r} has another shape; go on from it with {shape}")
    if lesson.elsewhere and card.fit_hash != lesson.split.fit_hash:
        _refuse_same_items(card, version.folder, events.item_ids, lesson.names)
        head.take_over(version.folder, lesson.names)
    else:
        _refuse_other_events(card, lesson)
        texts = item_vectors(lesson.resources, events.catalogue)
        head.load_state_dict(version.head(events.item_ids, texts).state_dict())
    take_over(language, version.adapter)


def _refuse_other_events(card: Card, lesson: Lesson) -> None:
    if card.fit_hash != lesson.split.fit_hash:
        raise UsageError(
            f"the adapter {card.name!r} was tuned on other events ({card.protocol}), so it may have seen what this run "
            "is measured on: start from one of the same --protocol, --dataset, --k-core, --train-users and --seed"
        )


def _refuse_same_items(card: Card, folder: Path, item_ids: Sequence[str], names: Sequence[str]) -> None:
    """An adapter from elsewhere has learnt from other users, which only another catalogue shows: other ids."""
    about = json.loads((folder / ITEMS).read_text())
    learnt = dict(zip(about["names"], about["items"], strict=True))
    shared = [(learnt[name], item_id) for name, item_id in zip(names, item_ids, strict=True) if name in learnt]
    same = sum(there == here for there, here in shared)
    if 2 * same > len(shared) or not learnt:
        raise UsageError(
            f"the adapter {card.name!r} in {folder} was tuned on the same items ({same:,} of them bear the same id), "
            "so it may have seen what this run is measured on; to go on from an adapter of the same events give its "
            "name"
        )
