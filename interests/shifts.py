"""When an interest turned: a CUSUM test of what a user does lately against what the user did before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interests.rounds import Ints, rounds
from interests.tracker import Floats, Masses

LEAST_P = 1e-6


@dataclass(frozen=True, slots=True)
class Alarms:
    """How shifts are told from chance.

    What a user does lately is remembered with a half-life of `lately` events, and stands beside all since the last
    shift. Each event says how much likelier it is by the one than by the other, at most `most` nats; from that
    `allowance` is taken, and when the rest has summed up to `threshold` since it was last nothing, there was a shift.
    Everyone's taste counts as `prior` events beside either: so what is new to the user is likelier by the late ones at
    its first event already.
    """

    lately: float = 4.0
    most: float = 3.0
    allowance: float = 0.3
    threshold: float = 4.5
    prior: float = 4.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A user's interests turned: `begun` is the event with which it began, `noticed` that at which it was certain, both
    as places in the log. `change`, float32 [topics], is the share that each topic won or lost.
    """

    user: int
    begun: int
    noticed: int
    change: Masses


def find_shifts(users: Ints, mass: Masses, everyone: Floats, alarms: Alarms | None = None) -> list[Shift]:
    """The shifts of all users, in the order in which they were noticed; O(topics) an event.

    `users`, int64 [events], says whose each event is, each one's in their order; `mass`, float32 [events, topics], what
    it says of the topics; `everyone`, float64 [topics], is the share of each topic among all users. CUSUM: Page 1954,
    here of the log-likelihood ratio of two estimates. After a shift what came since it began is all that counts.
    """
    alarms = alarms or Alarms()
    found: list[Shift] = []
    watch = _Watch(int(users.max(initial=-1)) + 1, everyone, alarms)
    for places in rounds(users):
        found += watch.see(users[places], mass[places], places)
    return found


class _Watch:
    """The running test of every user."""

    def __init__(self, users: int, everyone: Floats, alarms: Alarms) -> None:
        self._alarms = alarms
        self._prior = (alarms.prior * everyone).astype(np.float32)
        self._before = np.zeros((users, len(everyone)), np.float32)  # all since the last shift, but what is in doubt
        self._doubt = np.zeros_like(self._before)  # all since the sum was last nothing
        self._lately = np.zeros_like(self._before)
        self._sum = np.zeros(users)
        self._begun = np.zeros(users, np.int64)

    def see(self, users: Ints, mass: Masses, places: Ints) -> list[Shift]:
        """One event of each of `users`; what it says is held against what was known before it."""
        alarms = self._alarms
        usual, late = self._expected(users)
        gain = (mass * np.log(np.maximum(late, LEAST_P) / np.maximum(usual, LEAST_P))).sum(axis=1)
        summed = self._sum[users] + np.clip(gain, -alarms.most, alarms.most) - alarms.allowance * mass.any(axis=1)
        self._lately[users] = self._lately[users] * np.float32(2 ** (-1 / alarms.lately)) + mass
        quiet = summed <= 0
        begins = ~quiet & (self._sum[users] <= 0)
        self._begun[users[begins]] = places[begins]
        self._doubt[users] += mass
        self._before[users[quiet]] += self._doubt[users[quiet]]
        self._doubt[users[quiet]] = 0
        self._sum[users] = np.maximum(summed, 0.0)
        return [self._shift(user, place) for user, place in self._over(users, places)]

    def _expected(self, users: Ints) -> tuple[Masses, Masses]:
        """P(topic) by all that was, and by what was lately, float32 [users, topics]."""
        return _shares(self._before[users] + self._prior), _shares(self._lately[users] + self._prior)

    def _over(self, users: Ints, places: Ints) -> list[tuple[int, int]]:
        over = self._sum[users] >= self._alarms.threshold
        return list(zip(users[over].tolist(), places[over].tolist(), strict=True))

    def _shift(self, user: int, place: int) -> Shift:
        """Tell of a shift, and let what came since it began be all that counts."""
        one = np.array([user])
        change = _shares(self._doubt[one])[0] - _shares(self._before[one] + self._prior)[0]
        begun = int(self._begun[user])
        self._before[user] = self._doubt[user]
        self._doubt[user] = 0
        self._sum[user] = 0.0
        return Shift(user, begun, place, change)


def _shares(mass: Masses) -> Masses:
    found: Masses = mass / np.maximum(mass.sum(axis=1, keepdims=True), LEAST_P)
    return found
