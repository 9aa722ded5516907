"""How fast metrics are: `python -m eval.metric_speed [--lists 1000000] [--items 100]`."""

from __future__ import annotations

import argparse
import time

import numpy as np

from eval.answers import K
from eval.calibration import brier, calibration_error, log_loss
from eval.interactions import Floats, Ints
from eval.lists import coverage, diversity, gini, novelty
from eval.metrics import mrr, ndcg, recall
from eval.ranking import target_ranks, top_lists
from retrieval.blend import log_softmax

CHUNK = 20_000
TOPICS = 18


def main() -> None:
    """Print the seconds that all metrics take; the lists are made outside the clock."""
    parser = argparse.ArgumentParser(description="Time the metrics on random lists.")
    parser.add_argument("--lists", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100)
    options = parser.parse_args()
    print(f"{options.lists:,} lists of {options.items}: {measured(options.lists, options.items):.1f} s")  # noqa: T201


def measured(lists: int, items: int, seed: int = 0) -> float:
    """Seconds for every metric of random lists, in chunks as an evaluation has them."""
    generator = np.random.default_rng(seed)
    popularity = generator.integers(0, 500, items).astype(float)
    categories = (generator.random((items, TOPICS)) < 0.15).astype(float)
    tops, seconds = [], 0.0
    for start in range(0, lists, CHUNK):
        size = min(CHUNK, lists - start)
        scores, targets = generator.random((size, items)), generator.integers(0, items, size)
        log_p = log_softmax(scores, np.ones(scores.shape, bool))
        begun = time.perf_counter()
        tops.append(_judge(scores, log_p, targets, popularity, categories))
        seconds += time.perf_counter() - begun
    begun = time.perf_counter()
    every = np.concatenate(tops)
    coverage(every, items)
    gini(every, items)
    return seconds + time.perf_counter() - begun


def _judge(scores: Floats, log_p: Floats, targets: Ints, popularity: Floats, categories: Floats) -> Ints:
    ranks = target_ranks(scores, targets, popularity)
    for metric in (ndcg, recall, mrr):
        metric(ranks, K)
    log_loss(log_p, targets)
    brier(log_p, targets)
    lists = top_lists(scores, popularity, K)
    novelty(lists, popularity, 943)
    diversity(lists, categories)
    p = np.exp(np.take_along_axis(log_p, lists, axis=1))
    calibration_error(p.ravel(), (lists == targets[:, None]).astype(float).ravel())
    return lists


if __name__ == "__main__":
    main()
