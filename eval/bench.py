"""What the main job costs on this machine: `python -m eval.bench`, after `foretaste demo`.

Works in a home of its own that borrows the fetched models. Prints one Markdown table; takes about ten minutes.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import get_args

from agent.fit import fit
from agent.fusion import LanguageWeight
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from engine.stems import StemCache
from history.importing import import_dataset
from history.reading import ReadOptions, Skipped, find_dataset
from history.records import Item
from history.timeline import Timeline
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from workspace.assets import asset_folder
from workspace.home import Home
from workspace.settings import Rendering

EVENTS, CANDIDATES, USER = 30, 20, "22"
ADDED = 1_000  # items
Row = tuple[str, str, str]


def main() -> None:
    """Measure and print."""
    rows = [("work", "measured", "target"), ("---", "---", "---")]
    with _borrowed_home(Home.at()) as home:
        for row in _rows(home):
            rows.append(row)
            sys.stderr.write(f"{row[0]}: {row[1]}\n")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print("\n".join([f"Machine: {machine}", "", *(f"| {' | '.join(row)} |" for row in rows)]))  # noqa: T201


@contextmanager
def _borrowed_home(fetched: Home) -> Iterator[Home]:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        os.symlink(fetched.models, home.root / "models")
        yield home


def _rows(home: Home) -> Iterator[Row]:
    yield "`foretaste --help`", f"{_median(lambda: _command(home, '--help')):.2f} s", "0.5 s"
    resources = Resources.at(home)
    yield "import of MovieLens-100K", f"{_seconds(lambda: _import(resources)):.2f} s", "5 s"
    for recipe, target in ((Recipe.full, "900 s"), (Recipe.short, "120 s")):
        retrieval = FitOptions(recipe=recipe, language_targets=0)
        yield f"fit of the retrieval, {recipe} recipe", f"{_seconds(partial(fit, resources, retrieval)):.0f} s", target
    short = FitOptions(recipe=Recipe.short)
    yield "fit as in `demo`, the language model measured too", f"{_seconds(partial(fit, resources, short)):.0f} s", ""
    recommender = Recommender(Knowledge(replace(resources)))
    yield "model load", f"{_seconds(lambda: recommender.knowledge.engine):.2f} s", "10 s"
    yield from _ranking(recommender)
    yield from _renderings(recommender)
    spent = _seconds(lambda: _command(home, "recommend", USER))
    yield "`foretaste recommend`, peak memory", f"{_peak(home, 'recommend', USER):.2f} GiB", "1.5 GiB"
    yield "`foretaste recommend`, the whole command with 10 reasons", f"{spent:.1f} s", ""
    resources.store.add([replace(item, item_id=f"new {item.item_id}") for item in _some_items(resources)])
    yield f"{ADDED:,} items added, embedded and searchable", f"{_seconds(lambda: Knowledge(resources)):.1f} s", "30 s"


def _some_items(resources: Resources) -> list[Item]:
    return list(resources.store.catalogue().values())[:ADDED]


def _import(resources: Resources) -> None:
    files = find_dataset([asset_folder(resources.home, "movielens-100k")])
    import_dataset(resources.store, files, ReadOptions(), Skipped())


def _ranking(recommender: Recommender) -> Iterator[Row]:
    timeline = _history(recommender)
    # The pass is what is measured, also where its weight on this data is 0 and a real answer would leave it out.
    recommender.knowledge.language_weight = LanguageWeight(1.0, 1.0, 0.0, 1)

    def rank() -> object:
        recommender.knowledge.engine.stems = StemCache(0)  # nothing is known of the history
        return recommender.recommend(timeline, 5, rationale=False)

    work = f"ranked list of {CANDIDATES} candidates after {EVENTS} events"
    yield f"{work}, first", f"{_seconds(rank):.2f} s", "1.5 s"
    yield f"{work}, median of 5", f"{_median(rank):.2f} s", "1.5 s"
    _, items = recommender.stream(timeline, 5)
    yield "the first of 5 reasons", f"{_seconds(lambda: next(items)):.2f} s", "streaming after the list"
    yield "the other four", f"{_seconds(lambda: list(items)):.2f} s", ""


def _renderings(recommender: Recommender) -> Iterator[Row]:
    know, timeline = recommender.knowledge, _history(recommender)
    for rendering in get_args(Rendering):
        settings = know.settings.model_copy(update={"rendering": rendering})
        phrases = Phrases(know.domain, rendering)
        renderer = Renderer(phrases, know.engine.tokens, know.domain, settings, know.store.rating_scale())
        opening, *lines = know.engine.tokens.encode(renderer.stable(timeline, know.catalogue))
        tokens = statistics.mean(map(len, lines))
        yield f"tokens an event, rendering `{rendering}`", f"{tokens:.1f} (opening {len(opening)})", ""


def _history(recommender: Recommender) -> Timeline:
    return recommender.knowledge.store.timeline(USER).before(EVENTS)


def _command(home: Home, *arguments: str) -> None:
    command = [sys.executable, "-m", "serving.cli.main", "--home", str(home.root), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def _peak(home: Home, *arguments: str) -> float:
    """GiB of resident memory at the most, as the process itself reads it at its end.

    The parent's own figure for its children would count what a child shares with it between fork and exec.
    """
    script = (
        "import sys; from serving.cli.main import main\ntry: main()\nfinally: print(open('/proc/self/status').read())"
    )
    command = [sys.executable, "-c", script, "--home", str(home.root), *arguments]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return next(int(line.split()[1]) for line in printed.splitlines() if line.startswith("VmHWM")) / 2**20


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median(work: Callable[[], object], runs: int = 5) -> float:
    return statistics.median(_seconds(work) for _ in range(runs))


if __name__ == "__main__":
    main()
