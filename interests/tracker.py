"""What users are into: two memories of topics that fade, a slow one and a fast one, O(topics) an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from interests.rounds import Ints, busiest_first, rounds

Floats = NDArray[np.float64]
Masses = NDArray[np.float32]
Users = Ints | slice
ALL = slice(None)

NEVER = float("inf")
MINUTE, DAY = 60.0, 86_400.0
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Habits:
    """How interests are remembered; half-lives in events and in seconds, `NEVER` where a memory does not fade by it.

    The fast memory counts `fast` times beside the slow one, and everyone's taste as `prior` events. What a user does
    again and again in one session, whose memory fades within `session` seconds, counts less by `binge`; what is unlike
    all that the user did, compared with others, counts less by `accident`: 0 for either is not at all. Neutral events
    count `neutral`, those against their item `against`.
    """

    slow_events: float = 200.0
    slow_seconds: float = NEVER
    fast_events: float = 8.0
    fast_seconds: float = 7 * DAY
    fast: float = 1.0
    prior: float = 5.0
    session: float = 30 * MINUTE
    binge: float = 0.0
    accident: float = 0.0
    neutral: float = 1.0
    against: float = 1.0


@dataclass(frozen=True)
class Log:
    """Events as arrays, each user's in their order.

    `users`, int64 [events]; `seconds`, float64 [events], all equal where only the order is known; `mass`, float32
    [events, topics], what each says of the topics, rows that sum to 1, or to 0 for an item without topics; `weights`,
    float32 [events], how much its kind counts; `polarity`, int8 [events], whether it speaks for (1) or against (-1).
    """

    users: Ints
    seconds: Floats
    mass: Masses
    weights: NDArray[np.float32]
    polarity: NDArray[np.int8]

    def counted(self, habits: Habits) -> NDArray[np.float32]:
        """How much each event counts, float32 [events]."""
        factors = np.array([habits.neutral, 1.0, habits.against], np.float32)
        found: NDArray[np.float32] = self.weights * factors[self.polarity]
        return found


@dataclass
class Interests:
    """The memories of many users.

    `slow`, `fast` and `session` are float32 [users, topics]; `last`, float64 [users], is when the last event was, NaN
    before the first. `everyone`, float64 [topics], is the share of each topic among all users.
    """

    habits: Habits
    everyone: Floats
    slow: Masses
    fast: Masses
    session: Masses
    last: Floats
    _share: Masses = field(init=False, repr=False)
    _by_event: Floats = field(init=False, repr=False)
    _by_second: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        habits = self.habits
        self._share = self.everyone.astype(np.float32)
        self._by_event = -1 / np.array([[habits.slow_events], [habits.fast_events], [NEVER]])
        self._by_second = -1 / np.array([[habits.slow_seconds], [habits.fast_seconds], [habits.session]])

    @classmethod
    def of(cls, users: int, everyone: Floats, habits: Habits) -> Interests:
        """Of so many users of whom nothing is known yet."""
        slow, fast, session = (np.zeros((users, len(everyone)), np.float32) for _ in range(3))
        return cls(habits, everyone, slow, fast, session, np.full(users, np.nan))

    def see(self, users: Users, seconds: Floats, mass: Masses, weights: NDArray[np.float32]) -> None:
        """One event of each of `users`, int64 [n], all different, or a slice of them; the other fields as in `Log`.

        An event that comes late counts as if it had come just now.
        """
        self._fade(users, seconds)
        habits = self.habits
        gain = weights[:, None] * mass
        if habits.binge:
            gain /= 1 + np.float32(habits.binge) * self.session[users]
        self.session[users] += mass
        self.fast[users] += gain
        self.slow[users] += gain * self._support(users, mass)[:, None] if habits.accident else gain

    def forecast(self, users: Users) -> Masses:
        """P(topic of the next event), float32 [users, topics], as the memories stand; see `at` for a later moment."""
        evidence = self.slow[users] + self.habits.fast * self.fast[users] + self.habits.prior * self._share
        found: Masses = evidence / evidence.sum(axis=1, keepdims=True)
        return found

    def at(self, users: Users, seconds: Floats) -> Interests:
        """A copy of these users' memories, faded to a later moment, float64 [users]; nothing is forgotten here."""
        copy = self.of_these(users)
        copy._fade(ALL, seconds, events=0.0)
        return copy

    def of_these(self, users: Users) -> Interests:
        """A copy of these users' memories."""
        slow, fast, session = (part[users].copy() for part in (self.slow, self.fast, self.session))
        return Interests(self.habits, self.everyone, slow, fast, session, self.last[users].copy())

    def take_over(self, users: Ints, memories: Interests) -> None:
        """Remember of these users what the `memories` of as many say."""
        self.slow[users], self.fast[users] = memories.slow, memories.fast
        self.session[users], self.last[users] = memories.session, memories.last

    def confidence(self, users: Ints) -> Masses:
        """How much of a forecast comes from the user's own events rather than from everyone's, float32 [users]."""
        own = (self.slow[users] + self.habits.fast * self.fast[users]).sum(axis=1)
        found: Masses = own / (own + np.float32(self.habits.prior))
        return found

    def _fade(self, users: Users, seconds: Floats, events: float = 1.0) -> None:
        last = self.last[users]
        passed = seconds - last
        passed[~(passed > 0)] = 0.0  # late ones, and those of whom nothing was known
        left = np.exp2(events * self._by_event + passed * self._by_second).astype(np.float32)[:, :, None]
        self.slow[users] *= left[0]
        self.fast[users] *= left[1]
        self.session[users] *= left[2]
        self.last[users] = np.fmax(seconds, last)

    def _support(self, users: Users, mass: Masses) -> Masses:
        """How usual the event is of the user, at most 1: its chance compared with that among all users."""
        own = (self.forecast(users) * mass).sum(axis=1)
        found: Masses = np.minimum(own / np.maximum(mass @ self._share, LEAST), 1.0) ** self.habits.accident
        return found


def trace(interests: Interests, log: Log) -> Masses:
    """P(topic) before each event, float32 [events, topics], while `interests` see the log."""
    found = np.empty(log.mass.shape, np.float32)

    def look(memories: Interests, users: slice, places: Ints) -> None:
        found[places] = memories.at(users, log.seconds[places]).forecast(ALL)

    see_all(interests, log, look)
    return found


def see_all(interests: Interests, log: Log, before: Callable[[Interests, slice, Ints], None] | None = None) -> None:
    """Let `interests` see the log; logs may follow one another.

    `before` each round of events it is told of the memories, of whose of them sees an event, and of these events.
    """
    met, users = busiest_first(log.users)
    memories, weights = interests.of_these(met), log.counted(interests.habits)
    for places in rounds(users):
        first = slice(len(places))
        if before:
            before(memories, first, places)
        memories.see(first, log.seconds[places], log.mass[places], weights[places])
    interests.take_over(met, memories)
