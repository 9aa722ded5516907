"""One history, one list of candidates: every way to rank them, timed in turns so that all meet the same machine."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.scorer import LanguageScorer, Question
from engine.local import LocalEngine
from engine.passes import Job
from engine.protocol import Tree
from engine.stems import StemCache
from eval.speed.machine import Products, seconds
from eval.speed.others import OtherWays
from history.timeline import Timeline

PACKED, WARM = "packed, cold", "packed, warm stem"
NEW_EVENT = "packed, one new event"
DENSE = "the machine's own products"
TARGETS: Sequence[tuple[str, str, str]] = (
    ("one prompt a candidate, batched, cold", PACKED, "≥ 8"),
    ("one prompt a candidate, batched, cold", WARM, "≥ 20"),
    ("one prompt a candidate, own history cached", WARM, "≥ 1.3"),
    ("lettered list, one pass, cold", PACKED, "≥ 0.9"),
    ("lettered list, one pass, warm", WARM, "≥ 0.9"),
    ("generated ranking", PACKED, "≥ 10"),
    ("100 candidates, one prompt each, batched, cold", "100 candidates, packed, cold", "≥ 15"),
    (NEW_EVENT, WARM, "≤ 1.3"),
)


@dataclass
class Work:
    """One way: what it runs, how many tokens go through the model, and how many pairs of tokens attend."""

    name: str
    run: Callable[[], object]
    tokens: int
    pairs: int
    turns: int = 5
    took: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(self.took)


@dataclass(frozen=True)
class Scene:
    """The engine and the history that all ways work on."""

    engine: LocalEngine
    scorer: LanguageScorer
    timeline: Timeline
    item_ids: Sequence[str]
    many: Sequence[str]

    def works(self) -> Iterator[Work]:
        """Ours and the others', and the machine's own products."""
        yield from self._packed()
        yield from self._others()
        products = Products.of(self.engine.model)
        dtype, device = self.engine.model.dtype, self.engine.model.device
        dense = products.work(self.engine.pack_tokens, dtype, device)
        yield Work(DENSE, dense, self.engine.pack_tokens, 0)

    def _packed(self) -> Iterator[Work]:
        tree, hundred = self._tree(self.timeline, self.item_ids), self._tree(self.timeline, self.many)
        yield self._cold(PACKED, [tree])
        yield self._cold("packed, cold, with the history-free values", [tree, self.scorer.free_tree(self.item_ids)])
        yield self._warm(WARM, tree, tree)
        yield self._warm(NEW_EVENT, self._tree(self.timeline.before(-1), self.item_ids), tree)
        yield self._cold("100 candidates, packed, cold", [hundred])
        users = max(1, self.engine.pack_tokens // self._cold("", [tree]).tokens)
        full = [self._tree(Timeline(str(user), self.timeline.events[user:]), self.item_ids) for user in range(users)]
        yield self._cold(f"a full pack: {users} users", full)

    def _others(self) -> Iterator[Work]:
        ways = OtherWays(self.engine, self.scorer, self.timeline, self.item_ids)
        stem, questions = ways.pointwise_prompts()
        known = ways.prefilled(stem)
        yield _plain("one prompt a candidate, batched, cold", lambda: ways.pointwise(stem, questions), stem, questions)
        cached = _plain("", lambda: None, [], questions)
        pairs = cached.pairs + cached.tokens * len(stem)
        run = lambda: ways.pointwise_cached(known, questions)  # noqa: E731
        yield Work("one prompt a candidate, own history cached", run, cached.tokens, pairs)
        _, listed = ways.lettered_prompt()
        yield _plain("lettered list, one pass, cold", lambda: ways.lettered(stem + listed), stem, [listed])
        pairs = _triangle(len(stem) + len(listed)) - _triangle(len(stem))
        yield Work("lettered list, one pass, warm", lambda: ways.lettered(listed, known), len(listed), pairs)
        written = max(1, len(self.engine.tokens.encode_text(ways.written())))
        total = len(stem) + len(listed) + written
        yield Work("generated ranking", lambda: ways.generated(written), total, _triangle(total), turns=2)
        yield Work("generated ranking, our drafted writing", ways.written, total, _triangle(total), turns=2)
        hundred = OtherWays(self.engine, self.scorer, self.timeline, self.many)
        each = hundred.pointwise_prompts()[1]
        name = "100 candidates, one prompt each, batched, cold"
        yield _plain(name, lambda: hundred.pointwise(stem, each), stem, each, turns=1)

    def _tree(self, timeline: Timeline, item_ids: Sequence[str]) -> Tree:
        return self.scorer.tree(timeline, [Question(len(timeline), item_ids)])

    def _cold(self, name: str, trees: Sequence[Tree]) -> Work:
        def run() -> object:
            self.engine.stems = StemCache(self.engine.stems.limit)
            return self.engine.score_all(trees)

        self.engine.stems = StemCache(self.engine.stems.limit)
        return self._work(name, run, trees)

    def _warm(self, name: str, before: Tree, tree: Tree) -> Work:
        """Over a stem that `before` left behind; the branches' scores are not known."""
        cold = self.engine.stems = StemCache(self.engine.stems.limit)
        self.engine.score(Tree(before.nodes[:3], before.readout))
        for _, stem in cold.stems():
            stem.scores.clear()

        def run() -> object:
            self.engine.stems = StemCache(cold.limit)
            for maker, stem in cold.stems():
                stem.scores.clear()
                self.engine.stems.keep(maker, stem)
            return self.engine.score(tree)

        return self._work(name, run, [tree])

    def _work(self, name: str, run: Callable[[], object], trees: Sequence[Tree]) -> Work:
        askings = [self.engine.asking(tree) for tree in trees]
        jobs = [asking.first_job(asking.missing()) for asking in askings]
        return Work(name, run, sum(job.new for job in jobs), sum(map(_pairs, jobs)))


def time_in_turns(works: Sequence[Work]) -> None:
    """Run all works in turns; those of more than two turns once before, unmeasured."""
    for turn in range(1 + max(work.turns for work in works)):
        for work in works:
            if turn == 0:
                if work.turns > 2:
                    work.run()
            elif turn <= work.turns:
                work.took.append(seconds(work.run))


def ratios(works: Mapping[str, Work]) -> list[tuple[str, str, float, str]]:
    """(other way, our way, how many times as long the other takes, what is aimed at)."""
    return [
        (other, ours, works[other].seconds / works[ours].seconds, target)
        for other, ours, target in TARGETS
        if other in works and ours in works
    ]


def _plain(
    name: str, run: Callable[[], object], stem: Sequence[int], questions: Sequence[Sequence[int]], turns: int = 3
) -> Work:
    sizes = [len(stem) + len(question) for question in questions]
    return Work(name, run, sum(sizes), sum(map(_triangle, sizes)), turns)


def _pairs(job: Job) -> int:
    sizes = [(len(path), len(slot.tokens)) for path, slot in zip(job.layout.paths, job.layout.slots, strict=True)]
    return sum(path * size + _triangle(size) for path, size in sizes) - _triangle(job.known)


def _triangle(size: int) -> int:
    return size * (size + 1) // 2
