"""The adapter that words reasons: the home's own, or the one that comes with Foretaste."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.adapters import Adapter, AdapterShape
from workspace.artefact import Artefact, current, is_published, publish
from workspace.home import Home

SHIPPED = Path(__file__).parent / "wording"
FOLDER = "talk"
WAY_OUT = "run: foretaste talk"


def publish_talk(home: Home, about: Mapping[str, Any], write: Callable[[Path], None]) -> Artefact:
    """Make what `write` fills a folder with the home's own."""
    return publish(home.root / FOLDER, about, write)


def talk_for(home: Home, fingerprint: str) -> Adapter | None:
    """The one for the model with this fingerprint; None where there is none.

    Raises:
        DamagedArtefact: a file of it is damaged.
    """
    for root in (home.root / FOLDER, SHIPPED):
        if is_published(root):
            found = current(root, WAY_OUT)
            if found.about["fingerprint"] == fingerprint:
                return Adapter("talk", found.folder, AdapterShape(**found.about["shape"]))
    return None
