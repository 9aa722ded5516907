"""The service behind all doors: typed requests in, typed results out; scheduled, and degraded where a part fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from agent.explain import Explanation, explain
from agent.export import UserCopy, export
from agent.interest_view import InterestView, interests_of
from agent.knowledge import Knowledge
from agent.outcomes import Outcomes, outcomes
from agent.recommender import Keep, Recommender
from agent.recording import check, record
from agent.rerank import Relevance, rerank, rerank_by_words
from agent.results import Recommendation
from agent.search import SearchAnswer, search, search_titles
from history.records import Event, Item
from history.store import Store, Stored
from history.timeline import Timeline
from serving.service.chats import Chats, Turn
from serving.service.options import ServiceOptions
from serving.service.refusals import Unavailable, Waited
from serving.service.standing import Standing, Who
from workspace.errors import UsageError

DOCUMENTS = 50  # that are reranked in the time of one list


class Service(Standing):
    """Answers for one fitted home.

    Every method may raise Busy, where too much is waiting, and Unavailable, where what it needs is down.
    """

    def __init__(self, recommender: Recommender, options: ServiceOptions | None = None) -> None:
        super().__init__(recommender, options)
        self.chats = Chats(self)

    def _open_more(self, know: Knowledge, llm: bool) -> None:
        self.chats.understanding(know, "en", llm).read("hello")

    # -- lists, and why ------------------------------------------------------------------------------------------

    async def recommend(
        self, user: Who, k: int = 10, *, where: str = "", llm: bool = True, rationale: bool = True
    ) -> Recommendation:
        """The `k` items that a user of the store, or a visitor with this history, wants next.

        Without the language model, or the retrieval, the list is degraded, and there is one all the same.

        Raises:
            UnknownName: no such user.
            UsageError: `where` is wrong, or leaves nothing.
        """
        by_model = llm and (rationale or self._asks_model)
        if by_model:
            self.parts.model.admit()
        keep = await self.filter(where)
        try:
            user = timeline = await self.timeline(user)
            if by_model:
                try:
                    return await self._by_model(timeline, k, where, keep, rationale)
                except (Unavailable, Waited):
                    llm = False
            job = partial(self.recommender.recommend, timeline, k, where=keep, llm=llm, rationale=rationale)
            return await self.parts.retrieval.run(job, UsageError)
        except Unavailable as trouble:
            return self._popular(user, k, keep, trouble)

    async def explain(self, user: Who, item_id: str, k: int = 10, *, llm: bool = True) -> Explanation:
        """Why an item is in a user's list, or why not.

        Raises:
            UnknownName: no such user or item.
            UsageError: nothing is left to recommend.
        """
        self.know.catalogue[item_id]
        timeline = await self.timeline(user)
        found, _ = await self.model_or_not(
            lambda llm: partial(explain, self.recommender, timeline, item_id, k, llm=llm), llm
        )
        return found

    async def interests(self, user: str, k: int = 5) -> InterestView:
        """What a user is into, when it turned, and what is likely next.

        Raises:
            UnknownName: no such user.
            UsageError: the catalogue has no topics.
        """
        timeline = await self.timeline(user)
        view, _ = await self.parts.retrieval.run(partial(interests_of, self.know, timeline, k), UsageError)
        return view

    async def search(
        self, text: str, user: Who | None = None, k: int = 10, *, weight: float | None = None, where: str = ""
    ) -> SearchAnswer:
        """Items by words, and by a user's taste; by the words of titles where the encoder or the index is down.

        Raises:
            UnknownName: no such user.
            UsageError: the text says nothing, or `where` is wrong or leaves nothing.
        """
        keep = await self.filter(where)
        try:
            timeline = None if user is None else await self.timeline(user)
            job = partial(search, self.know, text, timeline, k, weight=weight, where=keep)
            return await self.parts.retrieval.run(job, UsageError)
        except Unavailable:
            return await self.parts.light.run(partial(search_titles, self.know.catalogue, text, k, keep))

    async def rerank(
        self, query: str, documents: Sequence[str], user: str | None = None
    ) -> tuple[list[Relevance], bool]:
        """The documents by how well they answer, best first, and whether that was degraded.

        Raises:
            UnknownName: no such user.
        """
        try:
            timeline = None if user is None else await self.timeline(user)
            asks, work = bool(self.know.language_weight.weight), max(1.0, len(documents) / DOCUMENTS)
            found, without = await self.model_or_not(
                lambda llm: partial(rerank, self.know, query, documents, timeline, llm), asks, work
            )
            return found, asks and without
        except Unavailable:
            return rerank_by_words(query, documents), True

    def chat(self, user: str | None, text: str, *, llm: bool = True, language: str = "en") -> Turn:
        """A turn of the conversation with a user, or with a visitor; it is answered as its parts are asked for."""
        return Turn(self.chats, user, text, llm, language)

    # -- what is kept --------------------------------------------------------------------------------------------

    async def record(self, events: Sequence[Event], after: Mapping[Event, str] | None = None) -> Stored:
        """Keep events, all or none; the very next answer knows of them. `after` names the lists they go back to.

        Raises:
            UnknownName: no such item, or no such list.
            UsageError: an event cannot be.
            DataError: a rating lies above the store's scale.
        """
        for event in events:
            check(event, self.know.domain, self.know.catalogue)
        return await self.stored(partial(record, self.know.store, events, after))

    async def outcomes(
        self, recommendation_id: str | None = None, user: str | None = None, count: int = 100
    ) -> Outcomes:
        """What came of the lists that were shown.

        Raises:
            UnknownName: no such list.
        """
        return await self.stored(partial(outcomes, self.know.store, recommendation_id, user, count))

    async def export(self, user: str) -> UserCopy:
        """A copy of all that is held of a user.

        Raises:
            UnknownName: no such user.
        """
        return await self.stored(partial(export, self.know.store, user))

    async def forget(self, user: str) -> int:
        """Erase a user; how many events that were.

        Raises:
            UnknownName: no such user.
        """
        lock = await self.chats.one_at_a_time(user)
        try:
            return await self.stored(partial(_forget, self.know.store, user))
        finally:
            lock.release()

    async def add_items(self, items: Sequence[Item]) -> Stored:
        """Store items, in the place of those of the same ids; lists know of them as soon as they are embedded."""
        return await self.changed(partial(self.know.store.add, items))

    async def set_withdrawn(self, item_id: str, withdrawn: bool) -> Item:
        """Withdraw an item from recommendation, or bring it back.

        Raises:
            UnknownName: no such item.
        """
        await self.changed(partial(self.know.store.set_withdrawn, item_id, withdrawn))
        return self.know.catalogue[item_id]

    async def items(self, where: str = "") -> list[Item]:
        """The items of the catalogue, those that pass the filter.

        Raises:
            UsageError: the filter is wrong.
        """
        keep = await self.filter(where)
        catalogue = self.know.catalogue
        return await self.parts.light.run(lambda: [item for item in catalogue.values() if not keep or keep(item)])

    # -- inside --------------------------------------------------------------------------------------------------

    async def _by_model(
        self, timeline: Timeline, k: int, where: str, keep: Keep | None, rationale: bool
    ) -> Recommendation:
        recommender = self.recommender

        def together(timelines: list[Timeline]) -> list[Recommendation]:
            return list(recommender.recommend_all(timelines, k, where=keep, rationale=rationale))

        return await self.parts.model.share((id(recommender), k, where, rationale), timeline, together, UsageError)

    def _popular(self, user: Who, k: int, keep: Keep | None, trouble: Unavailable) -> Recommendation:
        had = user.item_ids if isinstance(user, Timeline) and not self.know.domain.repeats else ()
        user_id = user.user_id if isinstance(user, Timeline) else user
        answer = self.popular.recommendation(user_id, k, keep, had)
        if trouble.part != self.parts.store.lane.name:
            self.later(self.parts.store.run(partial(self.recommender.keep, answer)))
        return answer


def _forget(store: Store, user: str) -> int:
    """Erase a user, of whom there may be left only what was shown or said."""
    if not store.lists(user_id=user, count=1) and not store.last_conversation(user):
        store.timeline(user)
    return store.forget(user)
