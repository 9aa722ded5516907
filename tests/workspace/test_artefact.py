from __future__ import annotations

from pathlib import Path

import pytest

from workspace.artefact import current, is_published, publish
from workspace.errors import DamagedArtefact, NotReady, StoreError


def writes(text: str, name: str = "data.txt") -> object:
    return lambda folder: (folder / name).write_text(text)


def test_the_newest_version_is_current_and_older_ones_go(tmp_path: Path) -> None:
    for text in ("oldest", "old", "new"):
        publish(tmp_path, {"cut": text}, writes(text))  # type: ignore[arg-type]
    found = current(tmp_path, "run: fit")
    assert (found.folder / "data.txt").read_text() == "new"
    assert found.about == {"cut": "new"}
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2  # who reads the one before may go on


def test_what_was_made_from_an_older_version_replaces_nothing(tmp_path: Path) -> None:
    first = publish(tmp_path, {}, writes("first"))  # type: ignore[arg-type]
    publish(tmp_path, {}, writes("second"))  # type: ignore[arg-type]
    late = publish(tmp_path, {}, writes("grown from the first"), instead_of=first)  # type: ignore[arg-type]
    assert late == first
    assert (current(tmp_path, "run: fit").folder / "data.txt").read_text() == "second"


def test_a_write_that_fails_leaves_the_old_version(tmp_path: Path) -> None:
    publish(tmp_path, {}, writes("old"))  # type: ignore[arg-type]

    def broken(folder: Path) -> None:
        (folder / "data.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, {}, broken)
    assert (current(tmp_path, "").folder / "data.txt").read_text() == "old"


def test_a_full_disk_leaves_the_old_version(tmp_path: Path) -> None:
    publish(tmp_path, {}, writes("old"))  # type: ignore[arg-type]

    def full(folder: Path) -> None:
        with Path("/dev/full").open("w") as file:
            file.write("x" * 100_000)

    with pytest.raises(StoreError, match="disk is full"):
        publish(tmp_path, {}, full)
    assert (current(tmp_path, "").folder / "data.txt").read_text() == "old"


def test_a_damaged_file_is_refused_by_its_checksum(tmp_path: Path) -> None:
    made = publish(tmp_path, {}, writes("whole"))  # type: ignore[arg-type]
    (made.folder / "data.txt").write_text("whale")
    with pytest.raises(DamagedArtefact, match=r"data\.txt is damaged.*run: fit"):
        current(tmp_path, "run: fit")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    made = publish(tmp_path, {}, writes("whole"))  # type: ignore[arg-type]
    (made.folder / "data.txt").unlink()
    with pytest.raises(DamagedArtefact, match=r"data\.txt.*run: fit"):
        current(tmp_path, "run: fit")


def test_nothing_fitted_says_what_to_run(tmp_path: Path) -> None:
    assert not is_published(tmp_path)
    with pytest.raises(NotReady, match="run: fit"):
        current(tmp_path, "run: fit")


@pytest.mark.parametrize("damage", ["current", "about"])
def test_damaged_bookkeeping_is_refused(tmp_path: Path, damage: str) -> None:
    made = publish(tmp_path, {"cut": 1}, writes("whole"))  # type: ignore[arg-type]
    path = tmp_path / "current" if damage == "current" else made.folder / "artefact.json"
    path.write_bytes(path.read_bytes().replace(b"c", b"\xff", 1) if damage == "about" else b"\xff\xfe")
    with pytest.raises(DamagedArtefact, match="run: fit"):
        current(tmp_path, "run: fit")
