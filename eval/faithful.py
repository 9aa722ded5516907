"""Is the evidence what moved the score? `python -m eval.faithful [--users 200] [-k 5]`, after a fit.

For the first items of users drawn at random, cited are as many events as the product cites, chosen in several ways.
Comprehensiveness is what an item's score loses when the cited events go; sufficiency the share of what the whole
history does for it that they do alone, (s(cited) - s(none)) / (s(all) - s(none)), of all items together (DeYoung et al.
2020, ERASER). With an event go all others on its item. Counted are all items for which the history speaks and some
event does. Intervals are over users. `the best` leaves out every event one by one: what the shortlist misses, and what
is lost since a sentence has one verb for all that it cites.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agent.evidence import CITED, cite
from agent.influence import LATEST, fused_scores, influence, same_item, without
from agent.knowledge import Knowledge
from agent.recommender import Recommender
from eval.interactions import Floats, Ints
from eval.intervals import bootstrap, resampled_means
from history.timeline import Timeline
from retrieval.parts import TowerPart
from workspace.home import Home
from workspace.progress import track

WAYS = ("the product", "the best", "nearest by text", "most recent", "attention of the tower", "random")
MANY = 10_000


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Is the evidence what moved the score?")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("-k", type=int, default=5)
    parser.add_argument("--llm", action="store_true", help="the score with the language model's say")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    recommender, generator = Recommender.open(Home.at()), np.random.default_rng(told.seed)
    timelines = [one for one in recommender.knowledge.store.timelines() if len(one) > CITED]
    drawn = np.sort(generator.permutation(len(timelines))[: told.users]).tolist()
    found = [
        of_user(recommender, timelines[place], told.k, told.llm, generator) for place in track(drawn, "", len(drawn))
    ]
    if not any(found):
        sys.exit("no history speaks for any of these items; draw more: --users")
    table = {way: np.array([user[way] for user in found if user]) for way in WAYS}
    items = int(sum(user["random"][2] for user in found if user))
    print(f"{len(table['random'])} users, {items} items\n")  # noqa: T201
    print("| evidence | comprehensiveness, nats | of random | sufficiency | as the best |\n|---|---|---|---|---|")  # noqa: T201
    random = table["random"]
    for way, rows in table.items():
        lost = bootstrap(rows[:, 0] / rows[:, 2])
        cells = [lost, _ratio(rows[:, 0], random[:, 0]), _ratio(rows[:, 1], rows[:, 3]), _ratio(rows[:, 4], rows[:, 2])]
        print(f"| {way} | {' | '.join(map(str, cells))} |")  # noqa: T201


def _ratio(above: Floats, below: Floats) -> str:
    """Of two sums over users, with its interval."""
    means = resampled_means(np.stack([above, below], axis=1))
    low, high = np.quantile(means[:, 0] / means[:, 1], [0.025, 0.975])
    return f"{above.sum() / below.sum():.2f} [{low:.2f}, {high:.2f}]"


def of_user(
    recommender: Recommender, timeline: Timeline, k: int, llm: bool, generator: np.random.Generator
) -> Mapping[str, Sequence[float]]:
    """For each way sums over the items: lost, done alone, items, done by all, chosen as the best."""
    know = recommender.knowledge
    timeline = replace(timeline, events=timeline.events[-LATEST:])
    listing = recommender.listing(timeline, k, llm=llm)
    items = np.array([know.index.places[one.item_id] for one in listing.items], np.int64)
    chosen = _chosen(know, timeline, items, llm, generator)
    sums = {way: np.zeros(5) for way in WAYS}
    allowed = know.allowed(timeline, None)
    together = same_item(timeline)
    for column, ways in enumerate(chosen):
        if not ways["the best"]:
            continue
        sets = [sorted({one for place in ways[way] for one in together[place]}) for way in WAYS]
        histories = [timeline, replace(timeline, events=()), *(without(timeline, one) for one in sets)]
        histories += [replace(timeline, events=tuple(timeline.events[place] for place in one)) for one in sets]
        scores = fused_scores(know, histories, allowed, items[column : column + 1], llm)[:, 0]
        whole, nothing = scores[:2]
        for way, less, alone in zip(WAYS, scores[2:], scores[2 + len(WAYS) :], strict=False):
            same = float(set(ways[way]) == set(ways["the best"]))
            sums[way] += [whole - less, alone - nothing, 1.0, whole - nothing, same]
    return {way: row.tolist() for way, row in sums.items()} if sums["random"][2] else {}


def _chosen(
    know: Knowledge, timeline: Timeline, items: Ints, llm: bool, generator: np.random.Generator
) -> list[Mapping[str, list[int]]]:
    """For each item the places of the events that each way cites, as many as the product's, one at the least.

    Empty where the history does not speak for the item, or no event does.
    """
    past = know.past(timeline)
    short, everything = (influence(know, timeline, items, llm, most) for most in (5, MANY))
    texts, attended = _nearness(know, timeline, items), np.full(len(timeline), -np.inf)
    tower = know.retriever.parts.get("tower")
    if isinstance(tower, TowerPart):
        attended[past.places] = tower.tower.attention(past.trail, tower.index.vectors)
    speaking = np.array(past.taste.places, np.int64)
    found: list[Mapping[str, list[int]]] = []
    for column, place in enumerate(items.tolist()):
        item = know.catalogue[know.index.item_ids[place]]
        _, told = cite(item, timeline, know.catalogue, short, column, know.verb)
        count = max(1, len(told))
        gained = np.nan_to_num(everything.gained[:, column], nan=-np.inf)
        best = [row for row in np.argsort(-gained, kind="stable")[:count].tolist() if gained[row] > 0]
        if not best or everything.lift[column] <= 0:
            found.append(dict.fromkeys(WAYS, []))
            continue
        orders = (texts[speaking, column], speaking.astype(float), attended[speaking], generator.random(len(speaking)))
        others = [speaking[np.argsort(-order, kind="stable")[:count]].tolist() for order in orders]
        found.append(dict(zip(WAYS, [told, everything.places[best].tolist(), *others], strict=True)))
    return found


def _nearness(know: Knowledge, timeline: Timeline, items: Ints) -> NDArray[np.float32]:
    """The cosine between each event's text and each item's, float32 [events, items]; -inf without one."""
    taste, texts = know.past(timeline).taste, know.retriever.texts
    found = np.full((len(timeline), len(items)), -np.inf, np.float32)
    found[list(taste.places)] = taste.parts @ texts[items].T
    return found


if __name__ == "__main__":
    main()
