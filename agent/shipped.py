"""The adapters that come with Foretaste, tuned on MovieLens data: for research only, see movielens/README.md."""

from __future__ import annotations

from pathlib import Path

from workspace.artefact import is_published

FOLDER = Path(__file__).parent / "movielens"


def shipped_folders() -> list[Path]:
    """Where they lie, each under its name, in the order of the names."""
    return sorted(folder for folder in FOLDER.glob("*") if is_published(folder))


def shipped(name: str) -> Path | None:
    """The folder of the one called `name`; None where there is none."""
    return next((folder for folder in shipped_folders() if folder.name == name), None)
