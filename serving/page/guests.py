"""Visitors: what they did is held in memory, for as long as there is room, and nowhere else."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from agent.chat.person import Visitor
from agent.chat.state import State

T = TypeVar("T")
MOST = 1_000


class Held(Generic[T]):
    """Things under tokens that nobody can guess; past `MOST`, the one that was used longest ago is let go."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, T] = OrderedDict()

    def keep(self, token: str, value: T) -> None:
        """Hold it, as the one used last."""
        self._held[token] = value
        self._held.move_to_end(token)
        while len(self._held) > MOST:
            self._held.popitem(last=False)

    def find(self, token: str) -> T | None:
        """What is held under a token; None where nothing is."""
        return self._held.get(token)

    def take(self, token: str) -> T | None:
        """The same, and let go of it."""
        return self._held.pop(token, None)


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(16)


@dataclass
class Guest:
    """A visitor, and where the conversation with them stands."""

    person: Visitor
    token: str = field(default_factory=new_token)
    state: State = field(default_factory=State)

    def left_at(self, state: State) -> None:
        """A turn has ended so."""
        self.state = state


@dataclass(frozen=True)
class Spoken:
    """Something that was said to the chat, and by whom; it is answered once, to whoever has its token."""

    user: str | None
    guest: Guest
    text: str


@dataclass(frozen=True)
class Memory:
    """What the page holds between two requests, in memory alone."""

    guests: Held[Guest] = field(default_factory=Held)
    said: Held[Spoken] = field(default_factory=Held)
