"""Many users in batch: `python -m eval.speed.batch [--users 1000] [--weight 0.1]`, after a fit.

Lists of ten for all users (from the first again when they run out, with one event fewer each round), the model asked
about every list with a fixed weight. Prints users a second and the resident memory on the way.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from agent.fusion import LanguageWeight
from agent.recommender import Recommender
from history.timeline import Timeline
from workspace.home import Home
from workspace.progress import track

EVERY = 100


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Rank for many users.")
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--weight", type=float, default=0.1)
    options = parser.parse_args()
    recommender = Recommender.open(Home.at())
    recommender.knowledge.language_weight = LanguageWeight(options.weight, options.weight, 0.0, 1)
    lines = ["| users | seconds, wall | seconds, CPU | resident memory, GiB |", "|---|---|---|---|"]
    wall, cpu = time.perf_counter(), time.process_time()
    answers = recommender.recommend_all(_timelines(recommender, options.users), 10)
    for number, _ in enumerate(track(answers, "users", options.users), 1):
        if number % EVERY == 0 or number == options.users:
            spent = f"{time.perf_counter() - wall:.0f} | {time.process_time() - cpu:.0f}"
            lines.append(f"| {number:,} | {spent} | {_resident():.2f} |")
    print("\n".join(lines))  # noqa: T201


def _timelines(recommender: Recommender, count: int) -> Iterator[Timeline]:
    store = recommender.knowledge.store
    users = store.user_ids()
    for number in range(count):
        timeline = store.timeline(users[number % len(users)])
        yield timeline.before(max(0, len(timeline) - number // len(users)))


def _resident() -> float:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 2**20


if __name__ == "__main__":
    main()
