"""`foretaste bench`: one table in one run, kept so that later runs can be held against it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from agent.resources import Resources
from agent.scorer import LanguageScorer
from engine.local import LocalEngine
from engine.precision import machine
from engine.protocol import Readout
from eval.speed.machine import Products
from eval.speed.ways import DENSE, Scene, Work, ratios, time_in_turns
from history.timeline import Timeline
from workspace.errors import DataError, explained_disk_errors
from workspace.models import model_source
from workspace.settings import Precision

MANY = 100  # candidates of the longer list


@dataclass(frozen=True, slots=True)
class Row:
    """What one way took: `share` of the machine's own rate by the linear layers' products alone.

    `attending` counts the products of the attention too, over the pairs of tokens that really see each other.
    """

    work: str
    precision: str
    tokens: int
    seconds: float
    share: float
    attending: float

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long as ours the other way takes, and what is aimed at."""

    other: str
    ours: str
    precision: str
    times: float
    target: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run on one machine."""

    made: str
    machine: str
    work: str
    rows: tuple[Row, ...]
    ratios: tuple[Ratio, ...]


def bench(
    resources: Resources,
    precisions: Sequence[Precision],
    events: int,
    candidates: int,
    readout: Readout = "yes-no",
    seed: int = 0,
) -> Run:
    """Time every way to rank `candidates` items after `events` events of one user of the home.

    Raises:
        DataError: no user has a history, or there are too few items.
    """
    timeline, item_ids = _history(resources, events, max(candidates, MANY), seed)
    rows: list[Row] = []
    found: list[Ratio] = []
    for precision in precisions:
        scene = _scene(resources, precision, readout, timeline, item_ids, candidates)
        works = {work.name: work for work in scene.works()}
        time_in_turns(list(works.values()))
        rows += _rows(works.values(), Products.of(scene.engine.model), precision)
        found += [Ratio(other, ours, precision, times, target) for other, ours, times, target in ratios(works)]
    work = f"{candidates} candidates after {len(timeline)} events, {resources.settings.model}, {readout}"
    return Run(datetime.now(UTC).isoformat(timespec="seconds"), machine(), work, tuple(rows), tuple(found))


def keep(run: Run, file: Path) -> None:
    """Add a run to those kept in `file`, one JSON object a line."""
    with explained_disk_errors(file), file.open("a") as stream:
        stream.write(json.dumps(asdict(run)) + "\n")


def earlier(file: Path, run: Run) -> Iterator[Run]:
    """Earlier runs of the same work on such a machine, the latest first; damaged lines are left out."""
    lines = file.read_text().splitlines() if file.is_file() else []
    for line in reversed(lines):
        try:
            found = json.loads(line)
            rows, others = tuple(Row(**row) for row in found["rows"]), tuple(Ratio(**one) for one in found["ratios"])
            old = Run(found["made"], found["machine"], found["work"], rows, others)
        except (ValueError, TypeError, KeyError):
            continue
        if (old.machine, old.work) == (run.machine, run.work):
            yield old


def _rows(works: Iterable[Work], products: Products, precision: str) -> Iterator[Row]:
    works = list(works)
    dense = next(work for work in works if work.name == DENSE)
    rate = products.operations(dense.tokens) / dense.seconds
    for work in works:
        share = products.operations(work.tokens) / work.seconds / rate
        attending = products.operations(work.tokens, work.pairs) / work.seconds / rate
        yield Row(work.name, precision, work.tokens, work.seconds, share, attending)


def _scene(
    resources: Resources,
    precision: Precision,
    readout: Readout,
    timeline: Timeline,
    item_ids: Sequence[str],
    candidates: int,
) -> Scene:
    settings = resources.settings.model_copy(update={"precision": precision, "history_over": 2_000})
    own = Resources(resources.home, settings)
    vars(own)["store"] = resources.store
    engine = LocalEngine(model_source(own.home, settings.model), precision, threads=settings.threads)
    vars(own)["engine"] = engine
    scorer = LanguageScorer(engine, own.renderer, own.store.catalogue(), readout)
    return Scene(engine, scorer, timeline, item_ids[:candidates], item_ids[:MANY])


def _history(resources: Resources, events: int, items: int, seed: int) -> tuple[Timeline, list[str]]:
    store = resources.store
    longest = max(store.timelines(), key=lambda timeline: min(len(timeline), events), default=None)
    catalogue = store.catalogue()
    if longest is None or len(longest) < 2:
        raise DataError(f"no user in {resources.home.root} has two events; run: foretaste import FILE")
    timeline = longest.before(min(events, len(longest)))
    others = [item_id for item_id in catalogue if item_id not in set(timeline.item_ids)]
    if len(others) < items:
        raise DataError(f"{len(others)} items beside the history are too few to rank {items}; import more")
    drawn = np.random.default_rng(seed).choice(len(others), items, replace=False)
    return timeline, [others[place] for place in drawn.tolist()]
