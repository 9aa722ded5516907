"""The home folder: everything that is kept lies under it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from workspace.errors import UsageError, explained_disk_errors

DEFAULT_HOME = Path(".foretaste")


@dataclass(frozen=True, slots=True)
class Home:
    """Names the places under one home folder; creates a place when it is first asked for."""

    root: Path

    @classmethod
    def at(cls, path: str | Path | None = None) -> Home:
        """The home at `path`, else at `FORETASTE_HOME`, else `.foretaste/` in the working folder.

        Raises:
            UsageError: the path is a file.
        """
        root = Path(path or os.environ.get("FORETASTE_HOME") or DEFAULT_HOME).expanduser().absolute()
        if root.exists() and not root.is_dir():
            raise UsageError(f"--home {root} is a file; name a folder")
        return cls(root)

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        with explained_disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def settings_file(self) -> Path:
        """The TOML file that holds this home's settings; it need not exist."""
        return self.root / "foretaste.toml"

    @property
    def store_file(self) -> Path:
        """The default event store."""
        return self._folder(".") / "store.db"

    @property
    def models(self) -> Path:
        """Fetched models and data sets, one folder each."""
        return self._folder("models")

    @property
    def downloads(self) -> Path:
        """Partial downloads, kept so that a stopped fetch goes on where it was."""
        return self._folder("downloads")

    @property
    def serving(self) -> Path:
        """The file that a running server holds."""
        return self.root / "serving.lock"

    @property
    def keys(self) -> Path:
        """What is kept of the keys that servers know."""
        return self.root / "keys.json"

    @property
    def index(self) -> Path:
        """The vector index and what was fitted for it."""
        return self.root / "index"

    @property
    def chat(self) -> Path:
        """What the chat has made of its examples."""
        return self.root / "chat"

    @property
    def adapters(self) -> Path:
        """Adapters, one folder each."""
        return self.root / "adapters"

    @property
    def datasets(self) -> Path:
        """Stores of the data sets that evaluations read, apart from the home's own."""
        return self._folder("runs/datasets")

    @property
    def runs(self) -> Path:
        """What evaluations and benchmarks write."""
        return self._folder("runs")
