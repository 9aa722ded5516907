"""Kept artefacts: a folder of versions, one of them current; a kill at any step leaves the old or the new one whole.

ROOT/current        the current version's name and the SHA-256 of its `artefact.json`, replaced in one step
ROOT/<version>/     its files and `artefact.json`: what it is about, and each file's SHA-256
ROOT/lock           held while a version is written
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workspace.errors import DamagedArtefact, NotReady, explained_disk_errors
from workspace.lock import one_at_a_time
from workspace.manifest import FileSum, check_sum

ABOUT = "artefact.json"
CURRENT = "current"
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Artefact:
    """A version whose files are whole; `about` says what it was made from."""

    folder: Path
    about: Mapping[str, Any]


def publish(
    root: Path, about: Mapping[str, Any], write: Callable[[Path], None], instead_of: Artefact | None = None
) -> Artefact:
    """Let `write` fill a new version of the artefact at `root`, then make it the current one.

    One process at a time does so, others wait. With `instead_of` nothing is published if that version is current no
    more: what was made from it is out of date. The version before stays on the disk, for those who are reading it.

    Raises:
        StoreError: the disk is full or may not be written; the old version stays.
    """
    with explained_disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(root / LOCK):
            before = (root / CURRENT).read_text().split()[0] if is_published(root) else ""
            if instead_of and instead_of.folder.name != before:
                return instead_of
            return _publish(root, about, write, before)


def _publish(root: Path, about: Mapping[str, Any], write: Callable[[Path], None], before: str) -> Artefact:
    folder = root / uuid.uuid4().hex[:12]
    try:
        folder.mkdir()
        write(folder)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        sums = {path.relative_to(folder).as_posix(): asdict(FileSum.of(path)) for path in files}
        _write(folder / ABOUT, json.dumps({"about": dict(about), "files": sums}, indent=2))
        _write(root / f"{CURRENT}.new", f"{folder.name} {FileSum.of(folder / ABOUT).sha256}")
        os.replace(root / f"{CURRENT}.new", root / CURRENT)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in root.iterdir():
        if old.is_dir() and old.name not in (folder.name, before):
            shutil.rmtree(old, ignore_errors=True)
    return Artefact(folder, about)


def is_published(root: Path) -> bool:
    """Whether the artefact at `root` has a current version."""
    return (root / CURRENT).is_file()


def current(root: Path, way_out: str) -> Artefact:
    """The current version at `root`, its checksums verified; `way_out` says how to make one ("run: …").

    Raises:
        NotReady: there is none.
        DamagedArtefact: a file is missing or not what was written.
    """
    if not is_published(root):
        raise NotReady(f"nothing was fitted in {root} yet; {way_out}")
    try:
        name, about_sum = (root / CURRENT).read_text().split()
        folder = root / name
        if FileSum.of(folder / ABOUT).sha256 != about_sum:
            raise DamagedArtefact(f"{folder / ABOUT} is damaged: its SHA-256 is not the one written down; {way_out}")
        content = json.loads((folder / ABOUT).read_bytes())
        for file, expected in content["files"].items():
            check_sum(folder / file, FileSum(**expected), way_out)
        return Artefact(folder, content["about"])
    except (OSError, ValueError) as error:
        raise DamagedArtefact(f"what was fitted in {root} is damaged: {error}; {way_out}") from error


def _write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
