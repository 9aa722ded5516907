"""Are reasons true? `python -m eval.reasons [--count 2000] [--out FILE]`, after a fit.

Words the first items of users drawn at random and holds every text against the catalogue and the store, by rules of its
own that share nothing with the product's check: titles that are neither the item's nor in the history, titles outside
quotes, categories that the item has not, or shares with what is cited, numbers, what was not done so or not lately, and
claims of popularity. Then the swap: of a user's own reason and another user's, is the own one nearer to what the user
did, by sentence embeddings? A reason that would do for anybody is as near to one as to another. Asked again with all
that either cites left out of the history, it is whether what is cited is like the rest. `--out` writes the texts, to be
read by people too.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.evidence import grounds_for
from agent.recommender import Recommender
from agent.results import Recommended
from eval.interactions import Floats
from eval.intervals import Interval, bootstrap
from history.timeline import Timeline
from workspace.home import Home
from workspace.progress import track

EACH = 10
LIKED = 0.8  # of the scale: four stars of five
LATELY = 5  # events
TITLE = 8  # letters of a title that is looked for outside quotes: shorter ones are words too


@dataclass(frozen=True)
class Told:
    """One reason and whom it was told."""

    timeline: Timeline
    item: Recommended

    @property
    def text(self) -> str:
        """The reason's text."""
        assert self.item.rationale
        return self.item.rationale.text

    @property
    def cites(self) -> bool:
        """Whether it names events."""
        assert self.item.rationale
        return bool(self.item.rationale.evidence)


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description="Are reasons true?")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    recommender = Recommender.open(Home.at())
    list(_reasons(recommender, 1, told.seed + 1))  # whatever is opened at first use is open
    start = time.perf_counter()
    reasons = list(_reasons(recommender, told.count, told.seed))
    seconds = (time.perf_counter() - start) / len(reasons)
    books = Books(recommender)
    faults = Counter(fault for one in reasons for fault in books.faults(one))
    own, strict = (bootstrap(swapped(recommender, reasons, told.seed, hidden)) for hidden in (False, True))
    lines = {
        "reasons": len(reasons),
        "faults": dict(faults) or 0,
        "chosen or written by the model": f"{np.mean([_by_model(one) for one in reasons]):.1%}",
        "distinct": f"{len({one.text for one in reasons}) / len(reasons):.1%}",
        "words": f"{np.mean([len(one.text.split()) for one in reasons]):.1f}",
        "seconds each, with the list": f"{seconds:.2f}",
        "evidence, of the time of a list": evidence_share(recommender, told.seed + 1),
        "the own reason is nearer than another user's": own,
        "the same to all but what is cited": strict,
    }
    for name, value in lines.items():
        print(f"{name}: {value}")  # noqa: T201
    if told.out:
        told.out.write_text("".join(f"{one.timeline.user_id}\t{one.item.title}\t{one.text}\n" for one in reasons))


def _reasons(recommender: Recommender, count: int, seed: int) -> Iterator[Told]:
    know = recommender.knowledge
    store = know.store
    users = [one.user_id for one in store.timelines()]
    drawn = np.random.default_rng(seed).permutation(len(users))[: -(-count // EACH)]
    for place in track(drawn.tolist(), "reasons", len(drawn)):
        timeline = store.timeline(users[place])
        listing = recommender.listing(timeline, EACH)
        items = [know.catalogue[one.item_id] for one in listing.items]
        grounds = grounds_for(know, timeline, items, listing.interests.now, llm=True)
        for item, reason in zip(listing.items, know.rationales.explain(grounds, know.pen), strict=True):
            yield Told(timeline, replace(item, rationale=reason))


def evidence_share(recommender: Recommender, seed: int, users: int = 50) -> Interval:
    """How long the evidence of a list takes, as a share of the time of the list with the language model, without it."""
    know = recommender.knowledge
    everyone = [one.user_id for one in know.store.timelines()]
    shares = []
    for place in np.random.default_rng(seed).permutation(len(everyone))[:users].tolist():
        timeline, start = know.store.timeline(everyone[place]), time.perf_counter()
        listing = recommender.listing(timeline, EACH)
        listed = time.perf_counter()
        items = [know.catalogue[one.item_id] for one in listing.items]
        grounds_for(know, timeline, items, listing.interests.now, llm=True)
        shares.append((time.perf_counter() - listed) / (listed - start))
    return bootstrap(shares)


def _by_model(told: Told) -> bool:
    """Whether the model chose or wrote it: the plain sentence does not name the item."""
    return told.cites and told.text.count('"') > 2 * len(_cited(told))


def _cited(told: Told) -> set[str]:
    assert told.item.rationale
    return {one.item_id for one in told.item.rationale.evidence}


class Books:
    """What is true of items and users, looked up in the store."""

    def __init__(self, recommender: Recommender) -> None:
        store = recommender.knowledge.store
        self.titles = {item.item_id: item.title for item in store.catalogue().values()}
        self.of: dict[str, set[str]] = {}  # the categories of all items of a title: several may bear it
        for item in store.catalogue().values():
            self.of.setdefault(item.title, set()).update(item.categories)
        self.categories = {name for known in self.of.values() for name in known}
        self.liked = LIKED * store.rating_scale()
        self.users = store.item_users()
        self.often = float(np.quantile([self.users.get(item_id, 0) for item_id in self.titles], 0.9))

    def faults(self, told: Told) -> Iterator[str]:
        """What is false in a reason."""
        text, title = told.text, told.item.title
        quoted = re.findall('"([^"]*)"', text)
        bare = re.sub('"[^"]*"', " ", text)
        done = self._done(told.timeline)
        known = [self._full(one, {*done, title}) for one in quoted]
        if None in known:
            yield "a title from elsewhere"
        if any(len(other) >= TITLE and " " in other and other.lower() in bare.lower() for other in self.of):
            yield "a title outside quotes"
        cited = [one for one in known if one and one != title]
        yield from self._categories(bare, title, cited)
        if re.search(r"\d", bare):
            yield "a number"
        if "liked" in bare and any((done[one] or 0) < self.liked for one in cited):
            yield "liked what was not"
        newest = {self.titles.get(event.item_id) for event in told.timeline.events[-LATELY:]}
        if re.search(r"\blately\b", bare, re.IGNORECASE) and not newest.issuperset(cited):
            yield "lately what was not"
        if "popular" in bare and self.users.get(told.item.item_id, 0) < self.often:
            yield "popular what is not"
        if re.search(r"\b(not|no|never|without)\b", bare, re.IGNORECASE) and len(done) >= 3 and cited:
            yield "a negation"

    def _done(self, timeline: Timeline) -> dict[str, float | None]:
        """The titles of a history, with the last value of each."""
        events = [event for event in timeline.events if event.item_id in self.titles]
        return {self.titles[event.item_id]: event.value for event in events}

    def _full(self, shown: str, titles: set[str]) -> str | None:
        """The title that is shown so: shortened where it is long, and without quotes of its own."""
        plain = {title.replace('"', "'"): title for title in titles}
        if shown.endswith("…"):
            return next((full for short, full in plain.items() if short.startswith(shown[:-1])), None)
        return plain.get(shown)

    def _categories(self, bare: str, title: str, cited: Sequence[str]) -> Iterator[str]:
        own = self.of[title]
        for name in self.categories:
            said = rf"(?<!\w){re.escape(name)}(?!\w)"
            if not re.search(said, bare, re.IGNORECASE):
                continue
            alone = re.search(rf"\binto {said}|{said}, which you are into", bare, re.IGNORECASE)
            if name not in own:
                yield "a category that the item has not"
            elif not alone and any(name not in self.of[one] for one in cited):
                yield "a category that is not shared"


def swapped(recommender: Recommender, reasons: Sequence[Told], seed: int, hidden: bool) -> Floats:
    """For each user how often their own reason is nearer to their history than another user's, float64 [users].

    What either cites is left out of the history if `hidden`. Of one user alone, or where nothing else was done, there
    is nothing to compare.
    """
    generator = np.random.default_rng(seed)
    reasons = [one for one in reasons if one.cites]
    encode = recommender.knowledge.resources.encoder.encode
    texts = encode([one.text.replace(f'"{one.item.title}"', "it") for one in reasons])
    users = np.array([one.timeline.user_id for one in reasons])
    index, catalogue = recommender.knowledge.index, recommender.knowledge.catalogue
    places = {user: np.flatnonzero(users == user).tolist() for user in dict.fromkeys(users.tolist())}
    found = []
    for own in places.values():
        done = {event.item_id for event in reasons[own[0]].timeline.events if event.item_id in index.places}
        others = np.setdiff1d(np.arange(len(reasons)), own)
        drawn = generator.choice(others, len(own)) if len(others) else np.array([], np.int64)
        cited = {one for row in [*own, *drawn.tolist()] for one in _cited(reasons[row])} if hidden else set[str]()
        if not len(drawn) or not done - cited:
            continue
        history = encode(sorted(catalogue[item_id].title for item_id in done - cited))
        near = [np.sort(texts[rows] @ history.T, axis=1)[:, -2:].mean(axis=1) for rows in (own, drawn)]
        found.append(float((near[0] > near[1]).mean()))
    return np.array(found)


if __name__ == "__main__":
    main()
