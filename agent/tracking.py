"""The tracker of interests behind the product: what it reads, how it is fitted, what it forecasts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interests.habits import fit_habits
from interests.mixture import fit_mixture, mixed
from interests.topics import Topics
from interests.tracker import Habits, Interests, Log, see_all
from retrieval.learning import Lesson
from retrieval.retriever import Retriever
from retrieval.trail import NO_ITEM, PastReader, Trail

Floats = NDArray[np.float64]
FILE = "interests.json"
USERS, EVENTS = 300, 300  # that habits are fitted on: users, and each one's last events
ASKED, FEWEST = 5, 5  # one such part of each one's events is forecast, from so many before them at least
LEAST = 1e-12
STATE_ALONE = np.array([1.0, 0.0])


@dataclass(frozen=True)
class Tracking:
    """How interests are remembered and forecast.

    `everyone`, float64 [topics], is the share of each of the `topics`, by their ids, among all events; `weights`,
    float64 [2], mix the forecast of the memories with that of the score, P(next item) summed to topics.
    """

    habits: Habits
    topics: tuple[str, ...]
    everyone: Floats
    weights: Floats

    def empty(self, users: int) -> Interests:
        """The memories of so many users of whom nothing is known yet."""
        return Interests.of(users, self.everyone, self.habits)

    def forecast(self, state: Floats, items: Floats) -> Floats:
        """P(topic of the next event), [n, topics], from the two forecasts of the same shape."""
        return mixed([state, items], self.weights)

    def on(self, topics: tuple[str, ...]) -> Tracking:
        """The same for the topics of today: nobody has met a new one yet; where all are new, each is as usual."""
        shares = dict(zip(self.topics, self.everyone.tolist(), strict=True))
        everyone = np.array([shares.get(topic, 0.0) for topic in topics])
        met = everyone if everyone.any() else np.ones(len(topics))
        return replace(self, topics=topics, everyone=met / max(float(met.sum()), LEAST))

    def save(self, folder: Path) -> None:
        """Write it down in `folder`."""
        everyone = dict(zip(self.topics, self.everyone.tolist(), strict=True))
        told = {"habits": asdict(self.habits), "everyone": everyone, "weights": self.weights.tolist()}
        (folder / FILE).write_text(json.dumps(told, indent=2))

    @classmethod
    def load(cls, folder: Path) -> Tracking:
        """What `save` wrote."""
        told = json.loads((folder / FILE).read_bytes())
        everyone = np.array(list(told["everyone"].values()), float)
        return cls(Habits(**told["habits"]), tuple(told["everyone"]), everyone, np.array(told["weights"]))


@dataclass(frozen=True)
class TopicReader:
    """Reads trails by the topics of the items at their places; see `Log`."""

    topics: Topics
    reader: PastReader
    order_only: bool

    def log(self, trails: Sequence[Trail]) -> Log:
        """The events of users 0, 1, … as one log; what was only written, and items without topics, have no mass.

        Of data that knows the order only, all events are at one moment.
        """
        users = np.repeat(np.arange(len(trails)), [len(trail) for trail in trails])
        items = np.concatenate([np.zeros(0, np.int64), *(trail.items for trail in trails)])
        seconds = np.concatenate([np.zeros(0), *(trail.times for trail in trails)])
        signals = np.concatenate([np.zeros(0, np.int64), *(trail.signals for trail in trails)])
        mass = self.topics.mass[np.maximum(items, 0)].toarray()
        mass[items == NO_ITEM] = 0
        polarity = (signals % 3 - 1).astype(np.int8)
        moments = np.zeros_like(seconds) if self.order_only else seconds
        return Log(users, moments, mass, self.reader.weights[signals], polarity)

    def after(self, tracking: Tracking, trails: Sequence[Trail]) -> Interests:
        """The memories of users 0, 1, … after all of their events."""
        interests = tracking.empty(len(trails))
        see_all(interests, self.log(trails))
        return interests

    def sums(self, log_p: Floats) -> Floats:
        """P(topic of the next item), float64 [n, topics], from log P(item), float64 [n, items]; 0 without topics."""
        found = np.exp(log_p) @ self.topics.mass
        total = found.sum(axis=1, keepdims=True)
        shares: Floats = found / np.where(total > 0, total, 1.0)
        return shares


def fit_tracking(
    read: TopicReader,
    trails: Sequence[Trail],
    lesson: Lesson,
    rehearsal: Retriever,
    generator: np.random.Generator,
) -> Tracking:
    """Habits by what a sample of users did last, the mixture's weights by the lesson's targets.

    `rehearsal` knows nothing of the targets. Where there is nothing to fit by, the habits are the usual ones.
    """
    usual = Tracking(Habits(), read.topics.ids, _everyone(read.topics, trails), STATE_ALONE)
    log = read.log([last_events(trails[place]) for place in generator.permutation(len(trails))[:USERS]])
    later = asked(log)
    if not later.any():
        return usual
    found = replace(usual, habits=fit_habits(log, usual.everyone, later))
    return replace(found, weights=_weights(read, found, lesson, rehearsal))


def _everyone(topics: Topics, trails: Sequence[Trail]) -> Floats:
    """The share of each topic among all events; every item counts as one event more, since it could be chosen."""
    items = np.concatenate([np.arange(topics.mass.shape[0]), *(trail.known for trail in trails)])
    return topics.shares(items, np.ones(len(items)))


def last_events(trail: Trail) -> Trail:
    """The last `EVENTS` of them."""
    return Trail(trail.items[-EVENTS:], trail.times[-EVENTS:], trail.signals[-EVENTS:])


def asked(log: Log) -> NDArray[np.bool_]:
    """The last part of each user's events, but for those without topics, bool [events]."""
    lengths = np.bincount(log.users)
    number = np.arange(len(log.users)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    late = (number >= FEWEST) & (number >= (lengths - lengths // ASKED)[log.users])
    found: NDArray[np.bool_] = late & log.mass.any(axis=1)
    return found


def _weights(read: TopicReader, tracking: Tracking, lesson: Lesson, rehearsal: Retriever) -> Floats:
    truth = read.topics.mass[lesson.targets].toarray()
    if not truth.any():
        return STATE_ALONE
    state = read.after(tracking, [past.trail for past in lesson.pasts]).forecast(np.arange(len(lesson.pasts)))
    items = read.sums(rehearsal.log_probabilities(lesson.pasts, lesson.allowed))
    return fit_mixture([state, items], truth)
