"""How fast and how exact the vector index is: `python -m eval.index_speed [--items 100000,1000000]`.

The vectors are made: embeddings of the films of MovieLens-100K (`foretaste fetch`), drawn with repeats, each with
seeded Gaussian noise of .59 of a vector's length, so that two copies of a film are as alike (cosine .74) as a film and
its nearest neighbour in the catalogue are at the median. `--residual 64` appends noise alone, as wide as what a
retriever learns of single items. Half of the queries are such vectors that the index does not hold, half the mean of
five, as a user's vector is one of several items. One query is asked at a time; each answer has a hundred items.

Rows: numpy's exact search, which also says what is right; our index; and usearch (HNSW, half precision), its search
widened until its recall is .99, or it looks at 10,000 vectors and its row tells the recall that this gives. Its Python
interface takes no filter. For a million vectors its row takes many minutes: `--usearch-up-to 100000` leaves it out.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.resources import Resources
from eval.embeddings import item_vectors
from history.catalogue import Catalogue
from history.reading import ReadOptions, Skipped, find_dataset, read_items
from retrieval.encoder import Vectors
from retrieval.index import ItemIndex
from workspace.assets import asset_folder
from workspace.home import Home

NOISE, COUNT, QUERIES, RECALL = 0.59, 100, 400, 0.99
WIDEST = 10_000  # vectors: usearch is widened no further once it looks at as many for a query
SHARES = (1.0, 0.1, 0.001)  # of the items, that a filter leaves
HEADS = ("vectors", "search", "build, s", "memory, MB", "recall@100", "p50 / p99, ms", "filter: 10 %", "filter: 0.1 %")
Allowed = NDArray[np.bool_] | None
Places = NDArray[np.int64]
Search = Callable[[Vectors, Allowed], Places]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Workload:
    """Vectors, float32 [items, width], queries, float32 [QUERIES, width], and a filter for each of `SHARES`."""

    vectors: Vectors
    queries: Vectors
    filters: tuple[Allowed, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers to a workload's queries under one filter, and the milliseconds of each, float64 [QUERIES]."""

    answers: list[Places]
    spent: NDArray[np.float64]

    def recall(self, exact: Asked) -> float:
        """The share of the exact answers that were found."""
        pairs = zip(self.answers, exact.answers, strict=True)
        return float(np.mean([np.isin(right, found).mean() for found, right in pairs]))

    def __str__(self) -> str:
        return " / ".join(f"{value:.1f}" for value in np.percentile(self.spent, (50, 99)))


def main() -> None:
    """Measure and print one Markdown table."""
    parser = argparse.ArgumentParser(description="Time the vector index beside exact search and usearch.")
    parser.add_argument("--items", default="100000,1000000", help="numbers of vectors")
    parser.add_argument("--residual", type=int, default=0, help="width of the part that is noise alone")
    parser.add_argument("--usearch-up-to", type=int, default=1_000_000, help="no usearch for more vectors than these")
    parser.add_argument("--home", help="folder with the fetched model and data")
    options = parser.parse_args()
    base = _embeddings(Home.at(options.home))
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}"
    )
    print(f"Machine: {machine}; width {base.shape[1] + options.residual}\n")  # noqa: T201
    for row in (HEADS, ["---"] * len(HEADS)):
        print(f"| {' | '.join(row)} |")  # noqa: T201
    for items in map(int, options.items.split(",")):
        for row in _rows(_workload(base, items, options.residual), items <= options.usearch_up_to):
            print(f"| {items:,} | {' | '.join(row)} |", flush=True)  # noqa: T201


def _embeddings(home: Home) -> Vectors:
    files = find_dataset([asset_folder(home, "movielens-100k")])
    options, skipped = ReadOptions(), Skipped()
    films = Catalogue(item for source in files.items for item in read_items(source, options, skipped))
    return item_vectors(Resources.at(home), films)


def _workload(base: Vectors, items: int, residual: int, seed: int = 0) -> Workload:
    generator = np.random.default_rng(seed)
    width = base.shape[1]

    def drawn(count: int) -> Vectors:
        noise = generator.standard_normal((count, width + residual), np.float32) * np.float32(NOISE / math.sqrt(width))
        noise[:, :width] += base[generator.integers(0, len(base), count)]
        return noise

    vectors = np.empty((items, width + residual), np.float32)
    for start in range(0, items, 50_000):
        vectors[start : start + 50_000] = drawn(min(50_000, items - start))
    half = QUERIES // 2
    queries = np.concatenate([drawn(half), drawn(5 * half).reshape(half, 5, -1).mean(axis=1)])
    filters = tuple(None if share == 1 else generator.random(items) < share for share in SHARES)
    return Workload(vectors, queries, filters)


def _rows(work: Workload, with_usearch: bool) -> Iterator[list[str]]:
    """Each search's cells; every row's answers are compared with numpy's."""
    exact = [_asked(_exact(work.vectors), work, allowed) for allowed in work.filters]
    yield ["numpy, exact", "0", f"{work.vectors.nbytes / 1e6:,.0f}", "1", *map(str, exact)]
    index, seconds, grown = _built(lambda: ItemIndex([str(place) for place in range(len(work.vectors))], work.vectors))
    ours = [_asked(lambda query, allowed: index.search(query, COUNT, allowed)[0], work, kept) for kept in work.filters]
    recalls = " / ".join(f"{mine.recall(right):.4f}" for mine, right in zip(ours, exact, strict=True))
    memory = f"{(grown + work.vectors.nbytes) / 1e6:,.0f}"
    yield [f"ours, {index.kind}", f"{seconds:.1f}", memory, recalls, *map(str, ours)]
    if with_usearch:
        yield _usearch(work, exact[0])


def _exact(vectors: Vectors) -> Search:
    def search(query: Vectors, allowed: Allowed) -> Places:
        places = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
        products = vectors @ query if allowed is None else vectors[places] @ query
        if len(places) > COUNT:
            first = np.argpartition(products, -COUNT)[-COUNT:]
            places, products = places[first], products[first]
        return places[np.argsort(-products)]

    return search


def _usearch(work: Workload, exact: Asked) -> list[str]:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise ImportError(
            'usearch is missing; run: pip install -e ".[dev]", or leave it out: --usearch-up-to 0'
        ) from error

    def build() -> Index:
        index = Index(ndim=work.vectors.shape[1], metric="ip", dtype="f16")
        index.add(np.arange(len(work.vectors)), work.vectors)
        return index

    index, seconds, _ = _built(build)
    index.expansion_search = COUNT  # type: ignore[misc]
    while True:
        found = _asked(lambda query, _: index.search(query, COUNT).keys.astype(np.int64), work, None)
        if found.recall(exact) >= RECALL or index.expansion_search >= WIDEST:
            break
        index.expansion_search = int(index.expansion_search * 1.5)  # type: ignore[misc]
    name = f"usearch, looking at {index.expansion_search:,}"
    recall = f"{found.recall(exact):.4f}"
    return [name, f"{seconds:.1f}", f"{index.memory_usage / 1e6:,.0f}", recall, str(found), "", ""]


def _asked(search: Search, work: Workload, allowed: Allowed) -> Asked:
    for query in work.queries[:5]:
        search(query, allowed)
    answers, spent = [], []
    for query in work.queries:
        start = time.perf_counter()
        answers.append(search(query, allowed))
        spent.append(1e3 * (time.perf_counter() - start))
    return Asked(answers, np.array(spent))


def _built(build: Callable[[], Made]) -> tuple[Made, float, int]:
    """What was built, the seconds it took, and the bytes of resident memory that it added."""
    gc.collect()
    before, start = _resident(), time.perf_counter()
    made = build()
    seconds = time.perf_counter() - start
    gc.collect()
    return made, seconds, _resident() - before


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    try:
        main()
    except ImportError as error:
        sys.exit(str(error))
