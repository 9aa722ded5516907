"""Turns of conversations, scheduled and degraded like everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakValueDictionary

from agent.chat.conversation import Conversation, understanding_of
from agent.chat.intents import IntentReader
from agent.chat.parts import Part, Said, card_of
from agent.chat.person import User, Visitor
from agent.chat.understanding import Understanding
from agent.knowledge import Knowledge
from agent.recommender import Recommender
from serving.service.refusals import Busy, Unavailable, Waited
from serving.service.standing import Standing

if TYPE_CHECKING:
    from agent.popular import Popular

SHOWN = 5  # popular items, where nothing else can be told
Read = dict[tuple[str, bool], Understanding]


class Chats:
    """Conversations with the users of a service, one turn of each at a time."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.intents: dict[str, IntentReader] = {}  # by language; to learn them takes a while
        self._read: WeakKeyDictionary[Knowledge, Read] = WeakKeyDictionary()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def one_at_a_time(self, user: str | None) -> asyncio.Lock:
        """The lock of a user's conversation, taken.

        Raises:
            Busy: another turn is still being answered.
        """
        lock = asyncio.Lock() if user is None else self._turns.setdefault(user, asyncio.Lock())
        patience = self.standing.options.patience
        try:
            await asyncio.wait_for(lock.acquire(), patience)
        except TimeoutError:
            raise Busy("another turn of this conversation is being answered", patience) from None
        return lock

    def understanding(self, know: Knowledge, language: str, llm: bool) -> Understanding:
        """Reads turns in a language; made once for what is known now."""
        read = self._read.setdefault(know, {})
        if (language, llm) not in read:
            read[language, llm] = made = understanding_of(know, language, llm, self.intents.get(language))
            self.intents[language] = made.intents
        return read[language, llm]


class Turn:
    """One turn: what a user, or a visitor of whom nothing is kept, says, and what is answered.

    It is `degraded` where the language model was wanted and had no say.
    """

    def __init__(self, chats: Chats, user: str | None, text: str, llm: bool, language: str) -> None:
        self._chats, self._standing = chats, chats.standing
        self._user, self._text, self._llm, self._language = user, text, llm, language
        self.degraded = not llm

    async def parts(self) -> AsyncGenerator[Part]:
        """The answer, as it comes. In a stored conversation, it goes on where that stood.

        Raises:
            UnknownName: no such user.
            UsageError: the language is not spoken.
            Busy: too much is waiting, or another turn of the user is being answered.
        """
        lock = await self._chats.one_at_a_time(self._user)
        try:
            if self._user is not None:
                await self._standing.timeline(self._user)
            async for part in self._answered():
                yield part
        except Unavailable:
            self.degraded = True
            for part in self._popular(self._standing.popular):
                yield part
        finally:
            lock.release()

    async def _answered(self) -> AsyncGenerator[Part]:
        said = False
        if self._llm:
            talk = _Talk(self, True)
            try:
                async for part in self._standing.parts.model.stream(talk.parts, lambda: talk.trouble):
                    said = True
                    yield part
                return
            except (Unavailable, Waited):
                self.degraded = True
                talk.give_up()
                if said and not talk.trouble:
                    yield Said(self._say("stuck"))
            if said:
                return
        async for part in self._standing.parts.retrieval.stream(_Talk(self, False).parts):
            yield part

    def _popular(self, popular: Popular) -> list[Part]:
        cards = [card_of(number, item) for number, (item, _) in enumerate(popular.items[:SHOWN], 1)]
        return [Said(self._say("trouble")), *cards]

    def _say(self, macro: str) -> str:
        return self._standing.know.resources.phrases.say(f"chat_{self._language}", macro)

    def conversation(self, llm: bool) -> Conversation:
        """The conversation, where it stands; to be made in the thread that holds it."""
        recommender: Recommender = self._standing.recommender
        know = recommender.knowledge
        person = Visitor(know.store) if self._user is None else User(know.store, self._user)
        understanding = self._chats.understanding(know, self._language, llm)
        talk = Conversation(recommender, person, self._language, llm, understanding)
        if self._user is not None:
            talk.resume()
        return talk

    @property
    def text(self) -> str:
        """What was said."""
        return self._text


class _Talk:
    """A turn at work in a thread."""

    def __init__(self, turn: Turn, llm: bool) -> None:
        self._turn, self._llm, self._given_up = turn, llm, False
        self._conversation: Conversation | None = None

    def parts(self) -> Generator[Part]:
        self._conversation = self._turn.conversation(self._llm)
        self._conversation.kept = not self._given_up
        yield from self._conversation.turn(self._turn.text)

    @property
    def trouble(self) -> Exception | None:
        return self._conversation.trouble if self._conversation else None

    def give_up(self) -> None:
        """Somebody else answers: whatever comes of this one is not kept, unless it was done."""
        self._given_up = True
        if self._conversation and not self._conversation.trouble:
            self._conversation.kept = False
