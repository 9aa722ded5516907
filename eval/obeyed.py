"""Does the chat do as it is told? `python -m eval.obeyed [--sets 1000] [--critiques 200] [--llm]`, after a fit.

Wishes, put into words at random: categories wanted and not wanted, years, a number of items. Held against what was
said, not against what was understood: each item of the lists must be one of the catalogue and as was asked. Then
critiques, "less like A, more like B", A an item of a list and B another: how much nearer, by sentence embeddings, is
the next list to B than to A, compared with the list before? With `--llm` the language model reads the turns,
and has its say in the lists.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from agent.chat.conversation import Conversation, understanding_of
from agent.chat.parts import Card, Part, Reason
from agent.chat.person import Visitor
from agent.recommender import Recommender
from eval.intervals import bootstrap
from history.catalogue import Catalogue
from history.records import Item
from workspace.home import Home
from workspace.progress import track

OPENINGS = ("recommend {}", "show me {}", "I'd like {}", "any good {}?", "we want to see {}", "{} please")
AVOIDED = ("nothing {}", "no {}", "but no {}", "without {}", "and not {}")


@dataclass(frozen=True)
class Asked:
    """What is asked for, and in which words."""

    wanted: str
    avoided: str
    low: int
    high: int
    count: int
    text: str

    def holds(self, item: Item) -> bool:
        """Whether an item is as was asked."""
        right = self.wanted in item.categories and self.avoided not in item.categories
        return right and item.year is not None and self.low <= item.year <= self.high


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Does the chat do as it is told?")
    parser.add_argument("--sets", type=int, default=1_000)
    parser.add_argument("--critiques", type=int, default=200)
    parser.add_argument("--llm", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    generator = np.random.default_rng(told.seed)
    recommender = Recommender.open(Home.at())
    chats = Chats(recommender, told.llm, generator)
    _report_sets(chats, told.sets)
    moved = np.array(list(critiques(chats, told.critiques)))
    print(f"critiques: {len(moved)}, the list moved the right way in {(moved > 0).mean():.1%}, by {bootstrap(moved)}")  # noqa: T201


class Chats:
    """Conversations with visitors, each of whom did what some user did; all understood alike."""

    def __init__(self, recommender: Recommender, llm: bool, generator: np.random.Generator) -> None:
        self.recommender, self.generator, self._llm = recommender, generator, llm
        self._users = recommender.knowledge.store.user_ids()
        self._understanding = understanding_of(recommender.knowledge, llm=llm)

    def begun(self) -> Conversation:
        """A new one."""
        store = self.recommender.knowledge.store
        timeline = store.timeline(self._users[self.generator.integers(len(self._users))])
        visitor = Visitor(store, list(timeline.events))
        return Conversation(self.recommender, visitor, llm=self._llm, understanding=self._understanding)


def _report_sets(chats: Chats, sets: int) -> None:
    catalogue = chats.recommender.knowledge.catalogue
    shown = wrong = unknown = empty = counted = 0
    for asked in track([drawn(catalogue, chats.generator) for _ in range(sets)], "sets", sets):
        cards = _cards(chats.begun().turn(asked.text))
        items = [catalogue[card.item_id] for card in cards if card.item_id in catalogue]
        unknown += len(cards) - len(items)
        wrong += sum(not asked.holds(item) for item in items)
        shown, empty, counted = shown + len(cards), empty + (not cards), counted + (len(cards) <= asked.count)
    print(  # noqa: T201
        f"sets: {sets}, items: {shown}, not as was asked: {wrong}, not in the catalogue: {unknown}, "
        f"lists without items: {empty}, lists no longer than was asked: {counted}"
    )


def drawn(catalogue: Catalogue, generator: np.random.Generator) -> Asked:
    """Wishes at random that some item meets, in words."""
    items = [item for item in catalogue.values() if item.year and item.categories]
    item = items[generator.integers(len(items))]
    wanted = str(generator.choice(item.categories))
    others = sorted({name for other in items for name in other.categories} - {*item.categories, "unknown"})
    avoided = str(generator.choice(others))
    assert item.year
    decade = item.year // 10 * 10
    low, high, years = [
        (decade, decade + 9, f"from the {decade}s"),
        (item.year - 3, item.year + 3, f"between {item.year - 3} and {item.year + 3}"),
        (0, item.year, f"before {item.year + 1}"),
        (item.year, 9_999, f"since {item.year}"),
    ][generator.integers(4)]
    count = int(generator.integers(1, 8))
    name = f"{count} {wanted.lower()} films {years}" if count > 1 else f"just one {wanted.lower()} film {years}"
    opening = OPENINGS[generator.integers(len(OPENINGS))].format(name)
    text = f"{opening}, {AVOIDED[generator.integers(len(AVOIDED))].format(avoided.lower())}"
    return Asked(wanted, avoided, low, high, count, text)


def _cards(parts: Generator[Part]) -> list[Card]:
    """The cards of an answer, whose reasons nobody waits for."""
    found = []
    with closing(parts):
        for part in parts:
            if isinstance(part, Reason):
                break
            found += [part] if isinstance(part, Card) else []
    return found


def critiques(chats: Chats, count: int) -> Iterator[float]:
    """How much nearer each critique brings the list to what is wanted than to what is not, in cosines."""
    know, generator = chats.recommender.knowledge, chats.generator
    texts = know.retriever.texts
    for _ in track(list(range(count)), "critiques", count):
        chat = chats.begun()
        before = _cards(chat.turn("show me ten films"))
        unlike = before[generator.integers(len(before))]
        like = know.catalogue[know.index.item_ids[generator.integers(len(texts))]]
        names = [f'"{one.title}" ({one.year})' for one in (know.catalogue[unlike.item_id], like)]
        turn = f"less like {names[0]}, more like {names[1]}"
        after = _cards(chat.turn(turn))
        if not after:
            yield -1.0
            continue
        near, far = (texts[know.index.places[one]] for one in (like.item_id, unlike.item_id))
        lists = [texts[[know.index.places[card.item_id] for card in cards]] for cards in (before, after)]
        old, new = (float((own @ near).mean() - (own @ far).mean()) for own in lists)
        yield new - old


if __name__ == "__main__":
    main()
