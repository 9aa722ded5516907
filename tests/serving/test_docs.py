"""The documents say what the program does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_command_line_page_is_the_programs_own_help(tmp_path: Path) -> None:
    page = tmp_path / "command-line.md"
    command = [sys.executable, "-m", "typer", "serving.cli.main", "utils", "docs", "--name", "foretaste", "--output"]
    subprocess.run([*command, str(page)], cwd=ROOT, check=True, capture_output=True)
    assert page.read_text() == (ROOT / "docs" / "command-line.md").read_text(), "run: make docs"


def test_every_folder_of_the_tree_in_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text()
    named = [line.split()[0] for line in readme.splitlines() if line.split()[:1] and line.split()[0].endswith("/")]
    assert len(named) >= 10
    assert all((ROOT / name).is_dir() for name in named)
