"""The manifest of a fetched folder: `asset.json`, with the size and SHA-256 of each file, written last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from workspace.errors import DamagedArtefact

MANIFEST = "asset.json"


@dataclass(frozen=True, slots=True)
class FileSum:
    """How long a file is and the SHA-256 of its bytes, in hexadecimal."""

    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileSum:
        """The sum of the file at `path`."""
        with path.open("rb") as file:
            return cls(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder holds, and the SHA-256 of the wheel that it was made from."""

    wheel: str
    files: Mapping[str, FileSum]


def write_manifest(folder: Path, wheel: str) -> None:
    """Sum every file in `folder` and write `asset.json` beside them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    sums = {path.relative_to(folder).as_posix(): asdict(FileSum.of(path)) for path in files}
    (folder / MANIFEST).write_text(json.dumps({"wheel": wheel, "files": sums}, indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of `folder`.

    Raises:
        DamagedArtefact: there is none, or it cannot be read.
    """
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        files = {name: FileSum(entry["bytes"], entry["sha256"]) for name, entry in content["files"].items()}
        return Manifest(content["wheel"], files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{folder / MANIFEST} is missing or cannot be read"
        raise DamagedArtefact(f"{reason}; run: foretaste fetch {folder.name} --again") from error


def is_complete(folder: Path, wheel: str) -> bool:
    """Whether `folder` was made from this wheel and each file has its size; reads no contents."""
    try:
        manifest = read_manifest(folder)
        return manifest.wheel == wheel and all(
            (folder / name).stat().st_size == entry.bytes for name, entry in manifest.files.items()
        )
    except (DamagedArtefact, OSError):
        return False


def verify(folder: Path) -> None:
    """Sum every file of a fetched folder again.

    Raises:
        DamagedArtefact: a file is gone, or is not the one that was fetched.
    """
    for name, expected in read_manifest(folder).files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedArtefact(f"{path} is gone; run: foretaste fetch {folder.name} --again")
        check_sum(path, expected, f"run: foretaste fetch {folder.name} --again")


def check_sum(path: Path, expected: FileSum, way_out: str) -> None:
    """Compare the file at `path` with what is expected of it.

    Raises:
        DamagedArtefact: they differ; names the file, both sums and `way_out`.
    """
    found = FileSum.of(path)
    if found != expected:
        raise DamagedArtefact(
            f"{path} is damaged: SHA-256 {found.sha256[:12]}… of {found.bytes:,} bytes, "
            f"expected {expected.sha256[:12]}… of {expected.bytes:,}; {way_out}"
        )
