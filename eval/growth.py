"""How time and memory grow: `python -m eval.growth [--events 100000,1000000,10000000] [--items 20000,200000]`.

Run after `foretaste fetch`. Import: made files, as a user has them, into a home of their own. Events in the order of
their times, users of about a hundred events, Zipf's law over the items; an item for every 50 events. What a fit does
to the catalogue: the sentence embeddings of titles of 8 to 12 words, and the vector index over them (its lists begin
above 100,000 items).

Every size has a process of its own, so that its peak of resident memory is its own; libraries are in it. Making files
and loading the model are outside the clock. Growth is the exponent between a size and the one before: 1 is linear. That
of time is of CPU seconds, of all threads, which other jobs on the machine disturb less than the clock's.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import URL

from history.importing import import_dataset
from history.reading import ReadOptions, Skipped, find_dataset
from history.store import Store
from retrieval.encoder import SentenceEncoder
from retrieval.index import ItemIndex
from workspace.home import Home
from workspace.models import model_source
from workspace.settings import load_settings

HEADS = ("work", "size", "seconds", "CPU seconds", "peak, GiB", "growth of time", "growth of memory")
USER_EVENTS, ITEM_EVENTS = 100, 50  # events for each user and for each item
START, SPAN = 1_577_836_800, 150_000_000  # 2020, and nearly five years of seconds: an event has a second of its own
TYPES = ("view", "like", "purchase")
SHARES = (0.8, 0.15, 0.05)
CHUNK = 500_000
EVENTS, ITEMS, VECTORS = "events.csv", "items.csv", "vectors.npy"
WORDS = (
    "the a of in and to for with on at from after before under over without last first new old long lost little great "
    "red blue black white golden silent broken hidden secret dark bright wild cold city river house garden mountain "
    "island winter summer night morning war love story king queen doctor stranger children brother daughter road sea "
    "fire stone train letter music dream return journey guide history kitchen science wireless steel cotton camera"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock and of the processor, and GiB of resident memory at the most."""

    seconds: float
    processor: float
    peak: float


Work = Callable[[Path, int], Cost]


def main() -> None:
    """Measure and print one Markdown table."""
    parser = argparse.ArgumentParser(description="Measure how time and memory grow with events and items.")
    parser.add_argument("--events", default="100000,1000000,10000000", help="numbers of events to import")
    parser.add_argument("--items", default="20000,200000", help="numbers of titles to embed and to index")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"Machine: {machine}; OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}\n")  # noqa: T201
    for row in (HEADS, ["---"] * len(HEADS)):
        print(f"| {' | '.join(row)} |")  # noqa: T201
    events, items = ([int(size) for size in sizes.split(",") if size] for sizes in (options.events, options.items))
    with tempfile.TemporaryDirectory() as folder:
        for row in (*_importing(Path(folder), events, options.seed), *_fitting(Path(folder), items, options.seed)):
            print(f"| {' | '.join(row)} |", flush=True)  # noqa: T201


def _importing(root: Path, sizes: list[int], seed: int) -> Iterator[list[str]]:
    costs: dict[int, Cost] = {}
    for events in sizes:
        with tempfile.TemporaryDirectory(dir=root) as name:
            _tell(f"{events:,} events: making them")
            write_events(Path(name) / EVENTS, events, seed)
            write_items(Path(name) / ITEMS, max(1, events // ITEM_EVENTS), seed)
            costs[events] = _alone(_import, Path(name), events)
        yield _row("import", f"{events:,} events", costs)


def _fitting(root: Path, sizes: list[int], seed: int) -> Iterator[list[str]]:
    embedded: dict[int, Cost] = {}
    indexed: dict[int, Cost] = {}
    for items in sizes:
        with tempfile.TemporaryDirectory(dir=root) as name:
            write_items(Path(name) / ITEMS, items, seed)
            embedded[items] = _alone(_embed, Path(name), items)
            yield _row("sentence embeddings", f"{items:,} items", embedded)
            indexed[items] = _alone(_index, Path(name), items)
            yield _row("vector index", f"{items:,} items", indexed)


def _alone(work: Work, folder: Path, size: int) -> Cost:
    """What the work costs in a new process."""
    _tell(f"{size:,}: {work.__name__.strip('_')}")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        cost = pool.submit(work, folder, size).result()
    _tell(f"{size:,}: {cost.seconds:.1f} s, {cost.processor:.1f} s of CPU, {cost.peak:.2f} GiB")
    return cost


def _import(folder: Path, events: int) -> Cost:
    def work() -> None:
        store = Store(URL.create("sqlite", database=str(Home(folder / "home").store_file)))
        stored = import_dataset(store, find_dataset([folder]), ReadOptions(), Skipped())
        assert stored.events == events, stored

    return _cost(work)


def _embed(folder: Path, items: int) -> Cost:
    home = Home.at()
    encoder = SentenceEncoder(model_source(home, load_settings(home).encoder))
    encoder.encode(["the model is loaded"])
    titles = pl.read_csv(folder / ITEMS)["title"].to_list()
    assert len(titles) == items
    return _cost(lambda: np.save(folder / VECTORS, encoder.encode(titles)))


def _index(folder: Path, items: int) -> Cost:
    vectors = np.load(folder / VECTORS)
    item_ids = [str(place) for place in range(items)]
    return _cost(lambda: ItemIndex(item_ids, vectors))


def _cost(work: Callable[[], object]) -> Cost:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    status = Path("/proc/self/status").read_text().splitlines()
    return Cost(clock, processor, next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**20)


def _row(work: str, size: str, costs: dict[int, Cost]) -> list[str]:
    """The cells of the last of `costs`, by size; growth beside the one before."""
    *_, (last, now) = costs.items()
    grown = ["", ""]
    if len(costs) > 1:
        before, then = list(costs.items())[-2]
        ratios = (now.processor / then.processor, now.peak / then.peak)
        grown = [f"{math.log(ratio) / math.log(last / before):.2f}" for ratio in ratios]
    return [work, size, f"{now.seconds:.2f}", f"{now.processor:.2f}", f"{now.peak:.2f}", *grown]


def write_events(file: Path, events: int, seed: int) -> None:
    """Write a file of events, a chunk at a time."""
    generator = np.random.default_rng(seed)
    users, items = max(1, events // USER_EVENTS), max(1, events // ITEM_EVENTS)
    popularity = np.cumsum(1 / np.arange(1, items + 1))
    with file.open("wb") as stream:
        for start in range(0, events, CHUNK):
            places = np.arange(start, min(events, start + CHUNK))
            drawn = np.searchsorted(popularity, generator.random(len(places)) * popularity[-1], "right")
            chunk = {
                "user_id": generator.integers(0, users, len(places)),
                "item_id": drawn,
                "timestamp": START + places * SPAN // events,
                "type": generator.choice(TYPES, len(places), p=SHARES),
            }
            pl.DataFrame(chunk).write_csv(stream, include_header=not start)


def write_items(file: Path, items: int, seed: int) -> None:
    """Write a file of items with titles of 8 to 12 words."""
    generator, words = np.random.default_rng(seed), WORDS.split()
    with file.open("w", encoding="utf-8") as stream:
        stream.write("item_id,title\n")
        for place in range(items):
            stream.write(f"{place},{' '.join(generator.choice(words, generator.integers(8, 13)))}\n")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
