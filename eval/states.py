"""What the memories of many users cost: `python -m eval.states [--users 1000000] [--events 1000000,10000000]`.

A log of made events, in their order, is read in one streaming pass, a chunk at a time, from which all users' memories
come about. Prints seconds and microseconds an event, how time grows (the exponent between a size and the one before; 1
is linear), and what the memories take; then what one event takes, alone. Making the log is outside the clock.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator

import numpy as np

from interests.tracker import Habits, Interests, Log, see_all

CHUNK = 500_000
SINGLE = 5_000
USUAL = Habits(binge=0.05, accident=0.05)  # every kind of damping at work


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="What the memories of many users cost.")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--events", default="1000000,10000000")
    parser.add_argument("--topics", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    print("| events | seconds | µs an event | growth of time | memories, GB |\n|---|---|---|---|---|")  # noqa: T201
    before: tuple[int, float] | None = None
    for events in map(int, told.events.split(",")):
        interests, seconds = rebuild(told.users, events, told.topics, told.seed)
        grown = f"{math.log(seconds / before[1]) / math.log(events / before[0]):.2f}" if before else ""
        figures = f"{seconds:.1f} | {seconds / events * 1e6:.2f} | {grown} | {room(interests) / 1e9:.2f}"
        print(f"| {events:,} | {figures} |", flush=True)  # noqa: T201
        before = events, seconds
    print(f"\nOne event alone: {single(interests, told.seed) * 1e6:.0f} µs")  # noqa: T201


def rebuild(users: int, events: int, topics: int, seed: int = 0) -> tuple[Interests, float]:
    """The memories of so many users after a log of so many events, and the seconds that reading it took."""
    interests = Interests.of(users, np.full(topics, 1 / topics), USUAL)
    seconds = 0.0
    for log in made(users, events, topics, seed):
        start = time.perf_counter()
        see_all(interests, log)
        seconds += time.perf_counter() - start
    return interests, seconds


def made(users: int, events: int, topics: int, seed: int) -> Iterator[Log]:
    """A log in parts; an item has one topic or two, a second lies between one event and the next."""
    generator = np.random.default_rng(seed)
    table = np.eye(topics, dtype=np.float32)
    for start in range(0, events, CHUNK):
        count = min(CHUNK, events - start)
        one, other = generator.integers(0, topics, (2, count))
        yield Log(
            generator.integers(0, users, count),
            np.arange(start, start + count, dtype=float),
            (table[one] + table[other]) / 2,
            np.ones(count, np.float32),
            np.ones(count, np.int8),
        )


def room(interests: Interests) -> int:
    """Bytes of all memories."""
    return sum(part.nbytes for part in (interests.slow, interests.fast, interests.session, interests.last))


def single(interests: Interests, seed: int = 0) -> float:
    """The median seconds of one event, seen alone."""
    users, topics = interests.slow.shape
    (log,) = made(users, SINGLE, topics, seed)
    taken = []
    for place in range(SINGLE):
        here = slice(place, place + 1)
        start = time.perf_counter()
        interests.see(log.users[here], interests.last[log.users[here]], log.mass[here], log.weights[here])
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
