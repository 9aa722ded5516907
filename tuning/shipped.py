"""The adapters that come with Foretaste, tuned on MovieLens data: for research only, see movielens/README.md."""

from __future__ import annotations

from pathlib import Path

from workspace.artefact import is_published

FOLDER = Path(__file__).parent / "movielens"


def shipped_names() -> list[str]:
    """What there is."""
    return sorted(folder.name for folder in FOLDER.glob("*") if is_published(folder))


def shipped(name: str) -> Path | None:
    """The folder of the one called `name`; None where there is none."""
    return FOLDER / name if name in shipped_names() else None
