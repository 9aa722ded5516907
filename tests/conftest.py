"""Small made data, a fake engine and a fake encoder for the logic; the real ones for what matters."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from agent.fit import fit
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from engine.protocol import Scores, Tree, WriteLimits
from history.records import Event, Item
from prompts.segment import Segment
from workspace.assets import asset_folder
from workspace.home import Home
from workspace.settings import Settings

# AMX sums a row in an order that goes by the number of rows, so that no score would stand twice: docs/speed.md.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

GENRES = ("Comedy", "Crime", "Drama", "Horror")


class FakeEncoder:
    """Counts of letters, as unit vectors: texts alike are near, and nothing is learnt."""

    name = "fake"
    dimension = 26

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), 26), np.float32)
        for row, text in enumerate(texts):
            for char in text.lower():
                if "a" <= char <= "z":
                    vectors[row, ord(char) - ord("a")] += 1
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(norms > 0, norms, 1)


class FakeWording:
    """One word, one token; a chat is its texts between angle brackets."""

    def chat(self, turns: Sequence[tuple[str, str]]) -> str:
        return "".join(f"<{role}>{text}</{role}>\n" for role, text in turns) + "<assistant>\n"

    def cost(self, segment: Segment) -> int:
        return len(segment.text.split())

    def cut(self, text: str, tokens: int) -> str:
        return " ".join(text.split()[:tokens])


class FakeEngine:
    """Scores a branch by its count of "e" times the lines of the stem; writes what was enqueued.

    Where only some lines may be written it writes the first of them.
    """

    name = "fake"
    large = False
    tokens = FakeWording()

    def __init__(self) -> None:
        self.trees: list[Tree] = []
        self.stems: list[Segment] = []
        self.answers: list[str] = []

    def score(self, tree: Tree) -> Scores:
        self.trees.append(tree)
        lines = len(tree.nodes[0].segment.pieces) if tree.nodes else 0
        values = [lines * tree.nodes[place].segment.text.count("e") for place in tree.leaves()]
        return Scores(np.array(values, float), sum(len(node.segment.text) for node in tree.nodes))

    def score_all(self, trees: Sequence[Tree]) -> list[Scores]:
        return [self.score(tree) for tree in trees]

    def write(self, stem: Segment, limits: WriteLimits) -> Iterator[str]:
        return (piece for _, piece in self.write_all([stem], limits))

    def write_all(self, stems: Sequence[Segment], limits: WriteLimits) -> Iterator[tuple[int, str]]:
        self.stems += stems
        for place in range(len(stems)):
            if limits.lines:
                yield place, "".join(limits.lines[: limits.count])
                continue
            yield place, self.answers.pop(0) if self.answers else " and that is all"


def made_items(count: int = 40) -> list[Item]:
    words = ("Amber", "Bright", "Copper", "Dusty", "Eager", "Faded", "Golden", "Hollow")
    places = ("Bay", "Castle", "Desert", "Evening", "Forest")
    return [
        Item(
            f"i{number:02}",
            f"{words[number % 8]} {places[number // 8 % 5]}",
            categories=(GENRES[number % 4],),
            year=1980 + number,
        )
        for number in range(count)
    ]


def made_events(users: int = 36, each: int = 8) -> list[Event]:
    return [
        Event(f"u{user:02}", f"i{(user * 3 + step * 4) % 40:02}", 1_000_000.0 + 60 * step, "like")
        for user in range(users)
        for step in range(each)
    ]


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    """A home with 40 items and 36 users, a fake encoder and a fake engine; not fitted."""
    return made_resources(tmp_path / "home")


def made_resources(root: Path) -> Resources:
    """The same, at `root`."""
    made = Resources.at(Home.at(root), Settings(encoder="fake", model="fake"))
    vars(made).update(encoder=FakeEncoder(), engine=FakeEngine())
    made.store.add(made_items(), made_events(), order_only=False)
    return made


@pytest.fixture(scope="session")
def fitted_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is fitted on the made data, once."""
    made = made_resources(tmp_path_factory.mktemp("fitted"))
    fit(made, FitOptions(language_targets=0, recipe=Recipe.short))
    return made.home.index


@pytest.fixture
def engine(resources: Resources) -> FakeEngine:
    """The fake engine of `resources`."""
    fake = resources.engine
    assert isinstance(fake, FakeEngine)
    return fake


@pytest.fixture
def recommender(resources: Resources, fitted_index: Path) -> Recommender:
    """A fitted recommender over the made data."""
    shutil.copytree(fitted_index, resources.home.index)
    return Recommender(Knowledge(resources))


@pytest.fixture(scope="session")
def real_home() -> Home:
    """The home into which `foretaste fetch` brought the embedded defaults."""
    home = Home.at()
    asset_folder(home, "smollm2-135m-instruct")
    return home
