"""Where things are kept, and what may be set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workspace.errors import ForetasteError, StoreError, UsageError, explained_disk_errors
from workspace.home import Home
from workspace.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FORETASTE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_home_is_named_by_argument_then_variable_then_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Home.at().root == tmp_path / ".foretaste"
    monkeypatch.setenv("FORETASTE_HOME", str(tmp_path / "variable"))
    assert Home.at().root == tmp_path / "variable"
    assert Home.at("argument").root == tmp_path / "argument"


def test_naming_a_home_creates_nothing_until_a_place_is_asked_for(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "new")
    assert not home.root.exists()
    assert home.models.is_dir()
    assert home.downloads.is_dir()
    assert home.runs.is_dir()
    assert home.store_file == tmp_path / "new" / "store.db"


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"--home .*file is a file; name a folder"):
        Home.at(tmp_path / "file")


def test_without_a_file_the_defaults_hold(home: Home) -> None:
    assert load_settings(home).model_dump() == Settings().model_dump()


def test_the_file_wins_over_defaults_and_a_variable_over_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.settings_file.write_text('domain = "reading"\ncandidates = 7\n')
    monkeypatch.setenv("FORETASTE_CANDIDATES", "9")
    settings = load_settings(home)
    assert (settings.domain, settings.candidates) == ("reading", 9)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("candidates = 0\n", "candidates = 0: .*greater than or equal to 1"),
        ('precision = "fp4"\n', "precision = 'fp4': .*'nf4'"),
        ("candidate = 5\n", "candidate = 5: Extra inputs"),
        ("candidates = \n", "Invalid value"),
        ("history_keep = 50\n", r"history_keep \(50\) must be below history_over \(40\)"),
    ],
)
def test_a_wrong_value_in_the_file_is_named(home: Home, content: str, named: str) -> None:
    home.settings_file.write_text(content)
    with pytest.raises(UsageError, match=named):
        load_settings(home)


def test_a_wrong_variable_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETASTE_THREADS", "many")
    with pytest.raises(UsageError, match=r"threads = 'many'.*valid integer"):
        load_settings(home)


def test_a_full_disk_and_a_forbidden_folder_are_explained(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="the disk is full"),
        explained_disk_errors(tmp_path),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    with pytest.raises(StoreError, match="choose another --home"), explained_disk_errors(tmp_path):
        raise PermissionError(13, "Permission denied")


def test_other_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), explained_disk_errors(tmp_path):
        (tmp_path / "none").read_text()
    assert issubclass(StoreError, ForetasteError)
