"""The adapter that words reasons and reads turns: the home's own, or the one that comes with Foretaste."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.adapters import Adapter, AdapterShape
from workspace.artefact import Artefact, current, is_published, publish
from workspace.home import Home

SHIPPED = Path(__file__).parent / "wording"
FOLDER = "talk"
WAY_OUT = "run: foretaste talk"


@dataclass(frozen=True)
class Talk:
    """The adapter, and whether it was taught to read turns of chats too."""

    adapter: Adapter
    turns: bool


def publish_talk(home: Home, about: Mapping[str, Any], write: Callable[[Path], None]) -> Artefact:
    """Make what `write` fills a folder with the home's own."""
    return publish(home.root / FOLDER, about, write)


def talk_for(home: Home, fingerprint: str) -> Talk | None:
    """The one for the model with this fingerprint; None where there is none.

    Raises:
        DamagedArtefact: a file of it is damaged.
    """
    for root in (home.root / FOLDER, SHIPPED):
        if is_published(root):
            found = current(root, WAY_OUT)
            if found.about["fingerprint"] == fingerprint:
                adapter = Adapter("talk", found.folder, AdapterShape(**found.about["shape"]))
                return Talk(adapter, bool(found.about.get("turns")))
    return None
