"""When an interest turned: a CUSUM test of what a user does lately against what the user did before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interests.rounds import Ints, busiest_first, rounds
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
    met, places_of = busiest_first(users)
    found: list[Shift] = []
    watch = _Watch(met, everyone, alarms or Alarms())
    for places in rounds(places_of):
        found += watch.see(mass[places], places)
    return found


class _Watch:
    """The running test of every user; those of most events first."""

    def __init__(self, users: Ints, everyone: Floats, alarms: Alarms) -> None:
        self._users, self._alarms = users, alarms
        self._prior = (alarms.prior * everyone).astype(np.float32)
        self._fades = np.float32(2 ** (-1 / alarms.lately))
        self._before = np.zeros((len(users), len(everyone)), np.float32)  # since the last shift, but what is in doubt
        self._doubt = np.zeros_like(self._before)  # all since the sum was last nothing
        self._lately = np.zeros_like(self._before)
        self._sum = np.zeros(len(users))
        self._begun = np.zeros(len(users), np.int64)

    def see(self, mass: Masses, places: Ints) -> list[Shift]:
        """One event of each of the first users; what it says is held against what was known before it."""
        alarms, these = self._alarms, slice(len(mass))
        before, doubt, lately = (part[these] for part in (self._before, self._doubt, self._lately))
        last = self._sum[these]
        usual, late = (np.maximum(_shares(part + self._prior), LEAST_P) for part in (before, lately))
        gain = (mass * np.log(late / usual)).sum(axis=1)
        said = np.minimum(np.maximum(gain, -alarms.most), alarms.most) - alarms.allowance * mass.any(axis=1)
        summed = np.maximum(last + said, 0.0)
        lately *= self._fades
        lately += mass
        doubt += mass
        quiet = summed == 0
        begins = ~quiet & (last == 0)
        self._begun[these][begins] = places[begins]
        before[quiet] += doubt[quiet]
        doubt[quiet] = 0
        last[:] = summed
        over = np.flatnonzero(summed >= alarms.threshold)
        return [self._shift(int(user), int(places[user])) for user in over]

    def _shift(self, user: int, place: int) -> Shift:
        """Tell of a shift, and let what came since it began be all that counts."""
        change = (_shares(self._doubt[[user]]) - _shares(self._before[[user]] + self._prior))[0]
        begun = int(self._begun[user])
        self._before[user] = self._doubt[user]
        self._doubt[user] = 0
        self._sum[user] = 0.0
        return Shift(int(self._users[user]), begun, place, change)


def _shares(mass: Masses) -> Masses:
    found: Masses = mass / np.maximum(mass.sum(axis=1, keepdims=True), LEAST_P)
    return found
