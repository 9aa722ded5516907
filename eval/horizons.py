"""What comes within the next events? `python -m eval.horizons [--users 200] [--protocol prequential]`, after an import.

For users of whom ten events follow the protocol's cut: which of the topics of the next 5 and 10 events are among the
five that were forecast, by their mass, and which of the items among ten that were named. Beside the product's view
(state and score in one mixture; the retriever's list) stands what repeats the state: its topics, and the most popular
items that they lead to; and a sequence that the language model writes over titles that there are (`agent/sequence.py`).
Of that one the table says how much was valid: items of the catalogue that are new to the user, none twice.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.resources import Resources
from agent.sequence import AMONG, written
from eval.evaluate import EvaluateOptions, split_of
from eval.interactions import Floats, Ints
from eval.intervals import bootstrap
from eval.lineup import Scene
from eval.peers.trackers import ProductInterests, Tracker
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.topics import TopicTable
from workspace.home import Home
from workspace.progress import track

HORIZONS = (5, 10)
TOPICS, NAMED = 5, 10


@dataclass(frozen=True)
class Ahead:
    """Forecasts of one way for all users: P(topic), float64 [users, topics], and items named, best first."""

    topics: Floats | None
    items: Sequence[Ints]


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="What comes within the next events?")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--protocol", default="prequential")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    resources = Resources.at(Home.at())
    split = split_of(resources, told.protocol, EvaluateOptions())
    cases, following = _first_cases(resources, split, told.users, told.seed)
    heads = [f"{what} within {count}" for what in ("topics@5", "items@10") for count in HORIZONS]
    print(f"{len(cases)} users\n\n| forecast | {' | '.join(heads)} | valid |\n{'|---' * 6}|")  # noqa: T201
    mass = TopicTable.of(split.test.events.catalogue).mass
    for name, ahead in ways(resources, split, cases).items():
        print(_line(name, ahead, cases, following, mass))  # noqa: T201


def ways(resources: Resources, split: Split, cases: Sequence[Case]) -> Mapping[str, Ahead]:
    """The three forecasts of what follows each case."""
    scene = Scene(resources, split.protocol)
    product, state = ProductInterests(scene.retrieval), Tracker(resources, "state")
    product.fit(split)
    state.fit(split)
    topics = product.score(cases).topics, state.forecast(cases)
    retrieval, events = scene.retrieval, split.test.events
    log_p = retrieval.log_p(cases, retrieval.retriever)
    likely = np.log((topics[1] @ TopicTable.of(events.catalogue).mass.T + 1e-9) * (events.counts + 1))
    repeated = np.where(rankable(cases, len(events.item_ids)), likely, -np.inf)
    sequences = list(_sequences(scene, split, cases, log_p))
    first, second = ([np.argsort(-row, kind="stable")[:NAMED] for row in rows] for rows in (log_p, repeated))
    return {
        "the product's view": Ahead(topics[0], first),
        "the state repeated": Ahead(topics[1], second),
        "a written sequence": Ahead(None, sequences),
    }


def _sequences(scene: Scene, split: Split, cases: Sequence[Case], log_p: Floats) -> Iterator[Ints]:
    item_ids = split.test.events.item_ids
    places = {item_id: place for place, item_id in enumerate(item_ids)}
    for case, row in zip(track(cases, "writing", len(cases)), log_p, strict=True):
        among = [item_ids[place] for place in np.argsort(-row, kind="stable")[:AMONG]]
        ids = written(scene.scorer, scene.retrieval.timeline(case), among, NAMED)
        yield np.array([places[one] for one in ids], np.int64)


def _first_cases(resources: Resources, split: Split, users: int, seed: int) -> tuple[list[Case], list[Ints]]:
    """The first target of each user of whom enough follows, a sample of them, and the items that followed."""
    events, firsts = split.test.events, dict[int, Case]()
    for case in split.test.cases:
        if case.user not in firsts or case.place < firsts[case.user].place:
            firsts[case.user] = case
    places = {item_id: place for place, item_id in enumerate(events.item_ids)}
    found = []
    for user, case in firsts.items():
        after = resources.store.timeline(events.user_ids[user]).events[case.place :]
        items = np.array([places[event.item_id] for event in after if event.item_id in places], np.int64)
        if len(items) >= max(HORIZONS):
            found.append((case, items[: max(HORIZONS)]))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(found))[:users])
    return [found[place][0] for place in drawn], [found[place][1] for place in drawn]


def _line(name: str, ahead: Ahead, cases: Sequence[Case], following: Sequence[Ints], mass: Floats) -> str:
    topics = ["", ""]
    if ahead.topics is not None:
        topics = [str(bootstrap(_topic_recall(ahead.topics, following, mass, count))) for count in HORIZONS]
    items = [str(bootstrap(_item_recall(ahead.items, following, count))) for count in HORIZONS]
    cells = [*topics, *items]
    return f"| {name} | {' | '.join(cells)} | {_valid(ahead.items, cases, len(mass)):.0%} |"


def _topic_recall(topics: Floats, following: Sequence[Ints], mass: Floats, count: int) -> Floats:
    """The share of the next events' topics that are among the forecast's first, float64 [users]."""
    shares = np.array([mass[after[:count]].sum(axis=0) for after in following])
    first = np.argsort(-topics, axis=1, kind="stable")[:, :TOPICS]
    found: Floats = np.take_along_axis(shares, first, axis=1).sum(axis=1) / np.maximum(shares.sum(axis=1), 1e-12)
    return found


def _item_recall(named: Sequence[Ints], following: Sequence[Ints], count: int) -> list[float]:
    """The share of the next events' items that were named, one for each user."""
    pairs = zip(named, following, strict=True)
    return [float(np.isin(after[:count], one).mean()) for one, after in pairs]


def _valid(named: Sequence[Ints], cases: Sequence[Case], items: int) -> float:
    """The share of the places in all lists that hold an item to recommend, each once."""
    allowed = rankable(cases, items)
    good = [len({*one.tolist()} & {*np.flatnonzero(row).tolist()}) for one, row in zip(named, allowed, strict=True)]
    return sum(good) / (NAMED * len(named))


if __name__ == "__main__":
    main()
