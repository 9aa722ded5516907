"""What takes a while to make, made once; and the command as it is, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.chat.intents import IntentReader
from agent.chat.language import Language
from agent.recommender import Recommender
from tests.conftest import FakeEncoder

ROOT = Path(__file__).parents[2]
# The command over a home whose models are the fake ones of the tests.
SCRIPT = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from conftest import FakeEncoder, FakeEngine
from agent.resources import Resources
from serving.cli import main
from workspace.home import Home
from workspace.settings import Settings
made = Resources.at(Home.at({home!r}), Settings(encoder="fake", model="fake"))
vars(made).update(encoder=FakeEncoder(), engine=FakeEngine())
Resources.at = lambda *_: made
{more}
sys.argv = ["foretaste", "--home", {home!r}, *{arguments!r}]
main.main()
"""
Start = Callable[..., tuple[subprocess.Popen[str], str]]
Script = Callable[..., list[str]]


@pytest.fixture(scope="session")
def learnt() -> dict[str, IntentReader]:
    """What people may want of a chat in English, by the fake encoder."""
    reader = IntentReader(Language.of("en"), FakeEncoder().encode)
    reader.read(["hello"])
    return {"en": reader}


@pytest.fixture
def script(recommender: Recommender) -> Script:
    """What to execute for a command of Foretaste; `more` is done before it."""

    def of(*arguments: str, more: str = "") -> list[str]:
        home = str(recommender.knowledge.resources.home.root)
        told = {"root": str(ROOT), "tests": str(ROOT / "tests"), "home": home, "arguments": arguments, "more": more}
        return [sys.executable, "-c", SCRIPT.format(**told)]

    return of


@pytest.fixture
def start(script: Script) -> Iterator[Start]:
    """Starts a command that serves, and gives the first line that it says: where it listens, or why it does not."""
    begun: list[tuple[subprocess.Popen[str], threading.Thread]] = []

    def once(*arguments: str, more: str = "") -> tuple[subprocess.Popen[str], str]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = script(*arguments, "--port", "0", more=more)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert process.stderr
        said = process.stderr.readline().strip()
        reader = threading.Thread(target=process.stderr.read)  # so that it never waits for one
        reader.start()
        begun.append((process, reader))
        return process, said

    yield once
    for process, reader in begun:
        process.kill()
        process.wait()
        reader.join()
        assert process.stderr
        process.stderr.close()
