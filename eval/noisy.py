"""The home's events with random ones among them: `python -m eval.noisy EVENTS.csv [--share 0.2]`.

To import beside the same items into a home of its own: what a system loses there is what noise does to it, in what it
was fitted on and in what it reads. Each user meets random items that they have not met, at random moments between
their first event and their last, which stays the last: what leave-one-out predicts is the same as before.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from agent.resources import Resources
from history.records import Event
from history.timeline import Timeline
from workspace.home import Home

COLUMNS = ("user_id", "item_id", "timestamp", "type", "value")


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description="The home's events with random ones among them.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--share", type=float, default=0.2, help="random events for each true one")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    store, generator = Resources.at(Home.at()).store, np.random.default_rng(told.seed)
    items = list(store.catalogue())
    found = [event for one in store.timelines() for event in noisy(one, items, told.share, generator)]
    rows = [[getattr(event, name) for name in COLUMNS] for event in found]
    pl.DataFrame(rows, COLUMNS, orient="row").write_csv(told.file)
    print(f"{len(found):,} events, {sum(map(len, map(_events, store.timelines()))):,} of them true")  # noqa: T201


def noisy(timeline: Timeline, items: Sequence[str], share: float, generator: np.random.Generator) -> Iterator[Event]:
    """All events of a user and so many random ones for each, which are of the same kinds as theirs."""
    events = _events(timeline)
    yield from events
    others = sorted({*items} - {event.item_id for event in events})
    count = min(round(share * len(events)), len(others))
    if not count or len(events) < 2:
        return
    moments = generator.uniform(events[0].timestamp, np.nextafter(events[-1].timestamp, 0), count)
    likes = generator.integers(0, len(events), count)
    drawn = generator.choice(len(others), count, replace=False)
    for item, moment, like in zip(drawn.tolist(), moments.tolist(), likes.tolist(), strict=True):
        yield replace(events[like], item_id=others[item], timestamp=float(int(moment)), text="")


def _events(timeline: Timeline) -> list[Event]:
    return [event for event in timeline.events if event.item_id]


if __name__ == "__main__":
    main()
