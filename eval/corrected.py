"""Do lists obey what users say? `python -m eval.corrected [--count 200] [--protocol leave-one-out]`.

Corrections are made up: for a user drawn at random a topic among those of the next ten items, or for "more" and
"always" any topic that has items left, said in words. The list is that of the retrieval, which has not seen what the
protocol predicts, made to obey as in the product. Prints, for each kind, how often the topic's share of the
next ten moved the right way (it may stay where it is as far as it can go), how many of its items there were before and
after, and, of targets without the topic, NDCG@10 before and after: in the whole list, where the topic's items take or
leave places, and among the items without the topic alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.resources import Resources
from eval.evaluate import EvaluateOptions, split_of
from eval.fitted import fit_or_read
from eval.interactions import Floats
from eval.lineup import Scene
from eval.metrics import ndcg
from eval.ranking import target_ranks
from interests.corrections import Kind, items_obeyed, read_corrections
from interests.topics import Topics
from workspace.home import Home

NEXT = 10
SAID: Mapping[Kind, Sequence[str]] = {
    "ban": ("no {}", "never {}", "stop showing {}", "I hate {}"),
    "less": ("less {}", "fewer {}", "not so much {}", "I'm tired of {}"),
    "more": ("more {}", "I like {}", "also {}", "I want {}"),
    "pin": ("always {}", "keep {}", "mostly {}"),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one correction did: the topic's share of the next ten, and the target's NDCG@10, before and after.

    `most` is the largest share that the topic's items could take; `of_topic` says whether the target is one of them.
    `whole` is NDCG@10 in the whole list, `untouched` among the items without the topic.
    """

    kind: Kind
    before: float
    after: float
    most: float
    of_topic: bool
    whole: tuple[float, float]
    untouched: tuple[float, float]

    @property
    def right(self) -> bool:
        """Whether the share moved the right way, or was there already."""
        if self.kind in ("ban", "less"):
            return self.after < self.before
        return self.after > self.before or self.before >= self.most


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Do lists obey what users say?")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--protocol", default="leave-one-out")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    effects = corrected(Resources.at(Home.at()), told.protocol, told.count, told.seed)
    heads = (
        "said",
        "corrections",
        "right way",
        "of the topic before",
        "after",
        "others' NDCG@10 before",
        "after",
        "alone",
    )
    print(f"| {' | '.join((*heads, 'after'))} |")  # noqa: T201
    print("|---" * 9 + "|")  # noqa: T201
    for kind in SAID:
        print(_line(kind, [one for one in effects if one.kind == kind]))  # noqa: T201
    print(_line("all", effects))  # noqa: T201


def corrected(resources: Resources, protocol: str, count: int, seed: int) -> list[Effect]:
    """So many corrections of users drawn at random, each kind as often as the others."""
    split = split_of(resources, protocol, EvaluateOptions())
    retrieval = Scene(resources, protocol).retrieval
    fit_or_read(resources.home, "retrieval", retrieval, split)
    generator, kinds = np.random.default_rng(seed), list(SAID)
    events = split.test.events
    topics = Topics.of_categories([item.categories for item in events.catalogue.values()])
    cases = [split.test.cases[place] for place in generator.permutation(len(split.test.cases))[:count]]
    log_p = retrieval.log_p(cases, retrieval.retriever)
    pairs = enumerate(zip(cases, log_p, strict=True))
    return [_effect(kinds[place % len(kinds)], row, case.target, topics, generator) for place, (case, row) in pairs]


def _effect(kind: Kind, log_p: Floats, target: int, topics: Topics, generator: np.random.Generator) -> Effect:
    has = topics.mass.toarray() > 0
    shown = has[_next(log_p)].any(axis=0) if kind in ("ban", "less") else has[np.isfinite(log_p)].any(axis=0)
    topic = int(generator.choice(np.flatnonzero(shown)))
    words = str(generator.choice(SAID[kind])).format(topics.names[topic].lower())
    held = {one.topic: one.kind for one in read_corrections(words, topics.names)}
    with np.errstate(divide="ignore"):
        after = np.log(items_obeyed(np.exp(log_p), topics, held))
    of_topic = has[:, topic]
    possible = int((of_topic & np.isfinite(log_p)).sum())

    def share(row: Floats) -> float:
        return float(of_topic[_next(row)].mean())

    def quality(row: Floats) -> float:
        return float(ndcg(target_ranks(row[None], np.array([target]), np.zeros(len(row))), NEXT)[0])

    most, both = min(possible, NEXT) / NEXT, (log_p, after)
    whole, others = (map(quality, rows) for rows in (both, [np.where(of_topic, -np.inf, row) for row in both]))
    return Effect(kind, share(log_p), share(after), most, bool(of_topic[target]), _pair(whole), _pair(others))


def _pair(values: Iterable[float]) -> tuple[float, float]:
    before, after = values
    return before, after


def _next(log_p: Floats) -> np.ndarray:
    order = np.argsort(-log_p, kind="stable")[:NEXT]
    return order[np.isfinite(log_p[order])]


def _line(kind: str, effects: Sequence[Effect]) -> str:
    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values)) if values else np.nan

    others = [one for one in effects if not one.of_topic]
    right, before = mean([one.right for one in effects]), NEXT * mean([one.before for one in effects])
    after = NEXT * mean([one.after for one in effects])
    quality = [mean([pair[place] for pair in pairs]) for pairs in _pairs(others) for place in (0, 1)]
    told = " | ".join(format(value, ".4f") for value in quality)
    return f"| {kind} | {len(effects)} | {right:.1%} | {before:.2f} | {after:.2f} | {told} |"


def _pairs(effects: Sequence[Effect]) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    return [one.whole for one in effects], [one.untouched for one in effects]


if __name__ == "__main__":
    main()
