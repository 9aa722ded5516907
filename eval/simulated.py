"""Does talking find more than paging? `python -m eval.simulated [--users 200] [--llm]`, after an import.

Simulated users with a hidden taste: of each one's history the last items that they liked are taken out, in a copy of
the home that is fitted anew, so that nothing has seen them. A user wants any of these. Paging, they ask for films and
then for more. Talking, they have one of them in mind: they ask for its category and decade, turn down a category that
most of a list has and it has not, and else say which item of the list is least like it and which item that they know is
most. Counted are the turns, five items each, until a wanted item is shown. With `--llm` the language model reads them.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from agent.chat.conversation import Conversation, understanding_of
from agent.chat.parts import Card
from agent.chat.person import Visitor
from agent.chat.understanding import Understanding
from agent.fit import fit
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from eval.intervals import bootstrap
from history.polarity import polarity
from history.records import Item
from history.timeline import Timeline
from workspace.home import Home
from workspace.progress import track

HIDDEN, FEWEST, LONGEST = 10, 20, 20  # last events that are hidden, of so many at least; turns before somebody gives up


@dataclass(frozen=True)
class Wanting:
    """A user of whom a history is known and some liked items are not."""

    history: Timeline
    wanted: tuple[str, ...]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Does talking find more than paging?")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--llm", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    generator = np.random.default_rng(told.seed)
    with TemporaryDirectory() as folder:
        recommender, users = without_wanted(Home.at(), Path(folder) / "home", told.users, generator)
        understanding = understanding_of(recommender.knowledge, llm=told.llm)
        rows = [
            (turns(recommender, understanding, user, None), turns(recommender, understanding, user, generator))
            for user in track(users, "users", len(users))
        ]
    paging, talking = np.array(rows, float).T
    print(f"{len(rows)} users; turns until a wanted item is shown, {LONGEST + 1} where none was:")  # noqa: T201
    print(f"paging {bootstrap(paging)}, found by {(paging <= LONGEST).mean():.0%}")  # noqa: T201
    print(f"talking {bootstrap(talking)}, found by {(talking <= LONGEST).mean():.0%}")  # noqa: T201
    print(f"saved by talking {bootstrap(paging - talking)}")  # noqa: T201


def without_wanted(
    home: Home, root: Path, count: int, generator: np.random.Generator
) -> tuple[Recommender, list[Wanting]]:
    """A recommender that was fitted without what some users want, and these users."""
    root.mkdir()
    shutil.copy(home.store_file, root / "store.db")
    (root / "models").symlink_to(home.models)
    resources = Resources.at(Home.at(root))
    store, domain, scale = resources.store, resources.domain, resources.store.rating_scale()
    timelines = [one for one in store.timelines() if len(one) >= FEWEST]
    users = []
    for place in generator.permutation(len(timelines))[:count].tolist():
        timeline = timelines[place]
        last = timeline.events[-HIDDEN:]
        wanted = tuple(event.item_id for event in last if polarity(event, domain, scale) > 0)
        store.remove(last)
        if wanted:
            users.append(Wanting(Timeline(timeline.user_id, timeline.events[:-HIDDEN]), wanted))
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    return Recommender.open(Home.at(root)), users


def turns(
    recommender: Recommender, understanding: Understanding, user: Wanting, generator: np.random.Generator | None
) -> int:
    """How many turns a user needs: paging, or, with a `generator`, talking of one of the items that they want."""
    know = recommender.knowledge
    visitor = Visitor(know.store, list(user.history.events))
    chat = Conversation(recommender, visitor, llm=False, understanding=understanding)
    mind = know.catalogue[str(generator.choice(user.wanted))] if generator else None
    shown: list[Item] = []
    for number in range(1, LONGEST + 1):
        text = _said(recommender, user, mind, shown) if mind else "show me more films" if shown else "show me films"
        shown = [know.catalogue[part.item_id] for part in chat.turn(text) if isinstance(part, Card)]
        if any(item.item_id in user.wanted for item in shown):
            return number
    return LONGEST + 1


def _said(recommender: Recommender, user: Wanting, mind: Item, shown: Sequence[Item]) -> str:
    """What somebody says who has an item in mind, and may not name it."""
    if not shown:
        years = f" from the {mind.year // 10 * 10}s" if mind.year else ""
        return f"show me {mind.categories[0].lower() if mind.categories else ''} films{years}"
    names = [name for item in shown for name in item.categories if name not in mind.categories]
    often = max(names, key=names.count, default="")
    if often and 2 * names.count(often) > len(shown):
        return f"no {often.lower()}"
    texts, places = recommender.knowledge.retriever.texts, recommender.knowledge.index.places
    near = texts @ texts[places[mind.item_id]]
    known = [recommender.knowledge.catalogue[one] for one in user.history.item_ids if one in places] + list(shown)
    most = max(known, key=lambda item: near[places[item.item_id]])
    least = min(shown, key=lambda item: near[places[item.item_id]])
    told = [f'"{item.title}" ({item.year})' for item in (least, most)]
    return f"less like {told[0]}, more like {told[1]}"


if __name__ == "__main__":
    main()
