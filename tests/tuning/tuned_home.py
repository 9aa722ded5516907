"""A home with made data and a tiny language model that can be tuned in a second."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.adapters import Card
from agent.options import Recipe
from agent.resources import Resources
from eval.evaluate import EvaluateOptions, split_of
from eval.lineup import Scene
from tests.conftest import FakeEncoder, made_events, made_items
from tests.tuning.conftest import made_folder
from tuning.options import TuneOptions
from tuning.tune import tune
from workspace.home import Home
from workspace.settings import Settings

OPTIONS = TuneOptions(epochs=6, rate=1e-2, head_rate=2e-2, rank=4, width=16, tokens=2_000, looks=3)
PROTOCOL = "leave-one-out"


def opened(root: Path, real_home: Home, seed: int = 0, ids: str = "", **settings: Any) -> Resources:
    """A home with made data, whose language model is a tiny one behind the real tokenizer; `ids` begin every item's."""
    model = root / f"model-{seed}"
    if not model.is_dir():
        made_folder(model, real_home.models / "smollm2-135m-instruct", seed)
    found = Resources.at(
        Home.at(root / "home"), Settings(encoder="fake", model=str(model), precision="bf16", **settings)
    )
    vars(found).update(encoder=FakeEncoder())
    if not found.store.event_count():
        items = [replace(item, item_id=ids + item.item_id) for item in made_items()]
        events = [replace(event, item_id=ids + event.item_id) for event in made_events()]
        found.store.add(items, events, order_only=False)
    return found


def tuned(resources: Resources, protocol: str = PROTOCOL, name: str = "first", **changed: Any) -> Card:
    split = split_of(resources, protocol, EvaluateOptions())
    retrieval = Scene(resources, protocol, recipe=Recipe.short).retrieval
    return tune(resources, split, retrieval, name, replace(OPTIONS, **changed))


def copied(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("artefact.json"), dirs_exist_ok=True)
