"""The recommender: timeline → candidates → prompt → scores → ranked list → rationale."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import compress, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.chat.person import VISITOR
from agent.diversity import capped
from agent.evidence import grounds_for
from agent.interest_view import briefs
from agent.knowledge import Knowledge
from agent.reranking import contenders, fuse_read
from agent.resources import Resources
from agent.results import Interests, Rationale, Recommendation, Recommended
from agent.scorer import Question
from history.records import Item
from history.timeline import Timeline
from retrieval.trail import Past
from workspace.errors import ModelError, StoreError, UsageError
from workspace.home import Home
from workspace.settings import Settings
from workspace.spans import span

TOGETHER = 32  # users that are ranked at once
NOTHING_LEFT = "no item is left to recommend: import more, or see foretaste items restore"
Keep = Callable[[Item], bool]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Log P(next) over the catalogue, and the places of the best, best first.

    `retrieved` is what the retriever gave; `log_p` the same, until a tuned model has read the history.
    """

    log_p: NDArray[np.float64]
    places: NDArray[np.int64]
    past: Past
    retrieved: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Listing:
    """A ranked list and what is behind it.

    `fused` and `retrieved`, float64 [items], are log P(next) with the language model's say, and by the retriever alone.
    """

    timeline: Timeline
    items: tuple[Recommended, ...]
    interests: Interests
    fused: NDArray[np.float64]
    retrieved: NDArray[np.float64]


class Recommender:
    """Recommends items to users, one straight walk an answer."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    @classmethod
    def open(cls, home: str | Path | Home | None = None, settings: Settings | None = None) -> Recommender:
        """The recommender of a home in which data was imported and fitted.

        Raises:
            NotReady: something must be run first; the message says what.
            DamagedArtefact: a kept file is damaged.
        """
        return cls(Knowledge(Resources.at(home if isinstance(home, Home) else Home.at(home), settings)))

    def recommend(
        self,
        user: str | Timeline,
        k: int = 10,
        *,
        where: Keep | None = None,
        llm: bool = True,
        rationale: bool = True,
    ) -> Recommendation:
        """The `k` items that a user most likely wants next; fewer only where fewer exist.

        `user` is an id in the store, or the timeline of a visitor who is not.

        Raises:
            UnknownName: no such user.
            UsageError: `k` is below 1, or `where` leaves no item.
            ModelError: a model gave something else than numbers.
        """
        (answer,) = self.recommend_all([user], k, where=where, llm=llm, rationale=rationale)
        return answer

    def stream(
        self, user: str | Timeline, k: int = 10, *, where: Keep | None = None, llm: bool = True
    ) -> tuple[Recommendation, Iterator[Recommended]]:
        """The ranked list at once, and its items again with their reasons, one by one as they are written."""
        (listing,) = self._rank([user], k, where, llm)
        answer = self._answer(listing, llm)
        self.keep(answer)
        return answer, self._explain(answer, listing.timeline, llm)

    def recommend_all(
        self,
        users: Iterable[str | Timeline],
        k: int = 10,
        *,
        where: Keep | None = None,
        llm: bool = True,
        rationale: bool = False,
    ) -> Iterator[Recommendation]:
        """The lists of many users, in their order; the model reads several users in one pass.

        Raises:
            UnknownName: no such user.
            UsageError: `k` is below 1, or nothing is left to recommend to one of them.
        """
        waiting = iter(users)
        while together := list(islice(waiting, TOGETHER)):
            for listing in self._rank(together, k, where, llm):
                answer = self._answer(listing, llm)
                if rationale:
                    answer = replace(answer, items=tuple(self._explain(answer, listing.timeline, llm)))
                self.keep(answer)
                yield answer

    def listing(self, timeline: Timeline, k: int, where: Keep | None = None, llm: bool = True) -> Listing:
        """The list for whoever did this, with the scores behind it; nothing is kept of it.

        Raises:
            UsageError: `k` is below 1, or nothing is left to recommend.
        """
        return self._rank([timeline], k, where, llm)[0]

    def reasons(self, timeline: Timeline, items: Sequence[Item], llm: bool = True) -> Iterator[Rationale]:
        """Why these items would be recommended to whoever did this, one by one."""
        know = self.knowledge
        now = self.listing(timeline, 1, llm=False).interests.now
        return know.rationales.explain(grounds_for(know, timeline, items, now, llm), know.pen if llm else None)

    @property
    def asks_model(self) -> bool:
        """Whether the language model has a say in the order of lists; reasons it words in any case."""
        tuned = self.knowledge.tuned
        return tuned is not None or bool(self.knowledge.language_weight.weight)

    def _rank(self, users: Sequence[str | Timeline], k: int, where: Keep | None, llm: bool) -> list[Listing]:
        if k < 1:
            raise UsageError(f"k = {k}: ask for at least one item")
        store = self.knowledge.store
        timelines = [store.timeline(user) if isinstance(user, str) else user for user in users]
        with span("retrieve"):
            candidates = [self.candidates(timeline, where) for timeline in timelines]
        if llm:
            candidates = self._read(timelines, candidates)
        fused = self._fused(timelines, candidates, k) if llm else [found.log_p for found in candidates]
        interests = briefs(self.knowledge, timelines, [found.past.trail for found in candidates], fused)
        return [
            Listing(timeline, self._ranked(found, log_p, k), told, log_p, found.retrieved)
            for timeline, found, log_p, told in zip(timelines, candidates, fused, interests, strict=True)
        ]

    def _answer(self, listing: Listing, llm: bool) -> Recommendation:
        return Recommendation(
            recommendation_id=uuid.uuid4().hex,
            user_id=listing.timeline.user_id,
            generated_at=datetime.now(UTC).isoformat(timespec="seconds"),
            engine=self.knowledge.resources.language_name if llm else "retrieval only",
            adapter=tuned.name if llm and (tuned := self.knowledge.tuned) else None,
            degraded=not llm,
            items=listing.items,
            interests=listing.interests,
        )

    def candidates(self, timeline: Timeline, where: Keep | None = None) -> Candidates:
        """The retriever's candidates for what comes after `timeline`.

        Raises:
            UsageError: nothing is left to recommend.
        """
        know = self.knowledge
        allowed = know.allowed(timeline, where)
        if not allowed.any():
            reason = "the filter leaves no item that may be recommended; loosen --where" if where else NOTHING_LEFT
            if timeline.corrections:
                reason += (
                    "; what the user said of topics leaves none, too: foretaste interests USER --say 'take back …'"
                )
            raise UsageError(f"user {timeline.user_id!r}: {reason}")
        past = know.past(timeline)
        log_p = know.log_p(past, timeline, allowed)
        if np.isnan(log_p).any():
            raise ModelError("the retriever gave something else than probabilities; run: foretaste fit")
        return Candidates(log_p, know.retriever.top(log_p, know.settings.candidates), past, log_p)

    def _read(self, timelines: Sequence[Timeline], candidates: Sequence[Candidates]) -> list[Candidates]:
        """The candidates anew, where an adapter is promoted: its head has read the histories and has its say."""
        know = self.knowledge
        if not know.tuned:
            return list(candidates)
        log_p = know.tuned.log_p(timelines, np.stack([found.retrieved for found in candidates]))
        return [
            replace(found, log_p=row, places=know.retriever.top(row, know.settings.candidates))
            for found, row in zip(candidates, log_p, strict=True)
        ]

    def _fused(
        self, timelines: Sequence[Timeline], candidates: Sequence[Candidates], k: int
    ) -> list[NDArray[np.float64]]:
        """For each user log P(next) over the catalogue, with the language model's say in it."""
        know = self.knowledge
        weight = know.weight
        if not weight.weight:  # it was measured to add nothing to this ranking
            return [found.log_p for found in candidates]
        ids = [[know.index.item_ids[place] for place in found.places] for found in candidates]
        read = [
            contenders(names, found.log_p[found.places], weight, k, know.catalogue, know.domain.category_cap)
            for names, found in zip(ids, candidates, strict=True)
        ]
        asked = [
            (timeline, [Question(len(timeline), list(compress(names, chosen)))])
            for timeline, names, chosen in zip(timelines, ids, read, strict=True)
        ]
        fused = []
        for found, chosen, ((values,), _) in zip(candidates, read, know.chooser.all_values(asked), strict=True):
            if not np.isfinite(values).all():
                raise ModelError(f"{know.resources.language_name} gave something else than scores; check its files")
            log_p = found.log_p.copy()
            log_p[found.places] = fuse_read(log_p[found.places], values, chosen, weight)
            fused.append(log_p)
        return fused

    def _ranked(self, candidates: Candidates, fused: NDArray[np.float64], k: int) -> tuple[Recommended, ...]:
        know = self.knowledge
        order = know.retriever.top(fused, max(4 * k, know.settings.candidates))
        ids = capped([know.index.item_ids[place] for place in order], know.catalogue, k, know.domain.category_cap)
        retrieved = {
            int(place): rank for rank, place in enumerate(know.retriever.top(candidates.retrieved, len(fused)), 1)
        }
        items = []
        for rank, item_id in enumerate(ids, 1):
            place = know.index.places[item_id]
            score = float(fused[place])
            title = know.catalogue[item_id].title
            items.append(Recommended(item_id, title, rank, score, float(np.exp(score)), retrieved[place]))
        return tuple(items)

    def _explain(self, answer: Recommendation, timeline: Timeline, llm: bool) -> Iterator[Recommended]:
        know = self.knowledge
        found = [know.catalogue[item.item_id] for item in answer.items]
        grounds = grounds_for(know, timeline, found, answer.interests.now, llm)
        for item, reason in zip(answer.items, know.rationales.explain(grounds, know.pen if llm else None), strict=True):
            yield replace(item, rationale=reason)

    def keep(self, answer: Recommendation) -> None:
        """Write down what was shown, so that later events can be attributed to it; of a visitor only the items."""
        if answer.user_id == VISITOR:
            items = tuple(replace(item, rationale=None) for item in answer.items)
            answer = replace(answer, items=items, interests=Interests((), None, ()))
        moment = datetime.fromisoformat(answer.generated_at).timestamp()
        try:
            self.knowledge.store.keep_recommendation(answer.recommendation_id, answer.user_id, moment, answer.to_json())
        except StoreError as error:
            # The answer is there: that it cannot be written down (a full disk, a long import) must not lose it.
            logger.warning("recommendation %s was not kept: %s", answer.recommendation_id[:8], error)
