"""Compares the zero-shot readouts: `python -m eval.readouts [--users 300] [--seed 0]`.

For each user the target is the last new item before the last event (the validation target of leave-one-out), put among
others: the distinct items of 19 draws from the retriever's own distribution. So the retriever's order is no better than
chance on these candidates by design, and what is measured is what a readout adds to it. NDCG@10 of such a list can be
compared with nothing but another readout here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agent.fit import draw
from agent.knowledge import Knowledge
from agent.resources import Resources
from agent.scorer import LanguageScorer
from engine.protocol import Readout
from engine.stems import StemCache
from eval.intervals import bootstrap
from eval.metrics import mid_rank, ndcg
from history.splits import Target, last_target
from workspace.home import Home
from workspace.progress import track

Scored = dict[str, NDArray[np.float64]]
READOUTS: tuple[Readout, ...] = ("yes-no", "likelihood")


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Compare the zero-shot readouts on validation.")
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    resources = Resources.at(Home.at())
    knowledge = Knowledge(resources)
    generator = np.random.default_rng(options.seed)
    targets = list(_targets(knowledge, options.users, generator))
    seconds: dict[str, float] = {}
    found: dict[str, list[float]] = {}
    for target in track(targets, "readouts", len(targets)):
        for name, values in _scores(resources, knowledge, target, generator, seconds).items():
            found.setdefault(name, []).append(ndcg(mid_rank(values, 0), 10))
    _print(found, seconds, len(targets))


def _targets(knowledge: Knowledge, count: int, generator: np.random.Generator) -> Iterator[Target]:
    for user in generator.permutation(knowledge.store.user_ids()):
        target = last_target(knowledge.store.timeline(str(user)).before(-1), knowledge.catalogue)
        if target:
            yield target
            count -= 1
        if not count:
            return


def _scores(
    resources: Resources,
    knowledge: Knowledge,
    target: Target,
    generator: np.random.Generator,
    seconds: dict[str, float],
) -> Scored:
    """The candidates' scores by each way, the target first."""
    ids, _ = draw(knowledge.retriever, knowledge.reader, target, resources.domain.repeats, generator)
    places = [knowledge.index.places[item_id] for item_id in ids]
    scores: Scored = {"random order": generator.random(len(ids))}
    scores["popularity order"] = knowledge.retriever.counts[places]
    everything = np.ones(len(knowledge.index.item_ids), bool)
    scores["retriever order"] = knowledge.retriever.log_probability(knowledge.past(target.history), everything)[places]
    for readout in READOUTS:
        scorer = LanguageScorer(knowledge.engine, resources.renderer, knowledge.catalogue, readout)
        knowledge.engine.stems = StemCache(0)  # what one readout has read is no help to the next
        start = time.perf_counter()
        raw = scorer.raw(target.history, ids)
        seconds[readout] = seconds.get(readout, 0.0) + time.perf_counter() - start
        free = scorer.history_free(ids)
        scores[readout] = raw
        scores[f"{readout} against history-free"] = raw - free
    return scores


def _print(found: dict[str, list[float]], seconds: dict[str, float], users: int) -> None:
    lines = ["| order by | NDCG@10 of 20, 95 % interval | against random |", "|---|---|---|"]
    random = np.array(found["random order"])
    for name, values in found.items():
        lines.append(f"| {name} | {bootstrap(values)} | {bootstrap(list(np.array(values) - random))} |")
    lines += ["", f"{users} users; seconds a user: " + ", ".join(f"{n} {s / users:.2f}" for n, s in seconds.items())]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
