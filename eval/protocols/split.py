"""What every protocol gives: what may be fitted on, and what is to be predicted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from eval.interactions import Interactions, Ints

TARGETS = 256  # of validation, that there should be to choose settings by


@dataclass(frozen=True, slots=True)
class Case:
    """One question: which item comes next?

    `user` is a place in the interactions' `user_ids`; `history`, int64 [n], the items before the target, oldest first;
    `target` the item; `place` the target's number in the user's whole timeline and `time` its time. `candidates`, where
    not None, are the only items to rank, in the order in which they are shown; else all items but the history.
    """

    user: int
    history: Ints
    target: int
    place: int
    time: float
    candidates: Ints | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The events that may be fitted on, and the cases to predict after that."""

    events: Interactions
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Split:
    """One protocol applied to one set of events.

    Settings are chosen on `validation`; the final fit is on `test.events`, which hold validation's targets too. No
    fitted event reaches the time `cut`; it is None where the protocol has none. `note` says what a result cannot be
    compared with. `added`, int64, are the items of the catalogue that come in only after the fit.
    """

    protocol: str
    validation: Stage
    test: Stage
    cut: float | None = None
    note: str = ""
    added: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def rehearsal(self) -> Split:
        """The split in which validation takes the place of the test: settings are chosen on it."""
        return replace(self, test=self.validation)

    @cached_property
    def fit_hash(self) -> str:
        """SHA-256 over all that a fit may see: the items, the users, validation and the events of the test stage."""
        digest = hashlib.sha256(repr((self.protocol, self.cut)).encode())
        digest.update(repr((self.test.events.item_ids, self.test.events.user_ids)).encode())
        for events in (self.validation.events, self.test.events):
            for column in (events.users, events.items, events.places):
                digest.update(column.tobytes())
        _add_cases(digest, self.validation.cases)
        digest.update(self.added.tobytes())
        return digest.hexdigest()

    @cached_property
    def split_hash(self) -> str:
        """SHA-256 over `fit_hash` and each test case's user, history, target and candidates."""
        digest = hashlib.sha256(self.fit_hash.encode())
        _add_cases(digest, self.test.cases)
        return digest.hexdigest()


def cases_at(interactions: Interactions, rows: Ints) -> tuple[Case, ...]:
    """The cases whose targets are the events number `rows`, each with all of its user's events before it."""
    starts = np.searchsorted(interactions.users, interactions.users[rows])
    items = interactions.items
    return tuple(
        Case(
            user=int(interactions.users[row]),
            history=items[start:row],
            target=int(items[row]),
            place=int(interactions.places[row]),
            time=float(interactions.times[row]),
        )
        for start, row in zip(starts.tolist(), rows.tolist(), strict=True)
    )


def sampled(split: Split, count: int, seed: int) -> Split:
    """The split with a fixed sample of at most `count` test cases, for systems that are slow."""
    return replace(split, test=replace(split.test, cases=_sample(split.test.cases, count, seed)))


def descending(split: Split) -> Split:
    """The split with only those cases whose target's id sorts before that of the last item of its history.

    Some data sets (Amazon's of 2014) order the events of a day by the items' ids; here nothing is won by knowing that.
    """
    item_ids = split.test.events.item_ids

    def kept(stage: Stage) -> Stage:
        cases = (
            case for case in stage.cases if len(case.history) and item_ids[case.target] < item_ids[case.history[-1]]
        )
        return replace(stage, cases=tuple(cases))

    return replace(split, validation=kept(split.validation), test=kept(split.test))


def on_few_users(split: Split, count: int, seed: int) -> Split:
    """The split with only `count` users to fit and choose settings on; the test cases stay all the same.

    So few users give too few validation targets to choose anything by: where there are less than `TARGETS`, several of
    the last events of each user are targets, though no more than a third of what the user did; where candidates are
    given with each target there are none for others, and it stays as it is.
    """
    present = np.unique(split.test.events.users)
    few = np.random.default_rng(seed).permutation(present)[:count]

    def thin(events: Interactions) -> Interactions:
        return events.take(np.isin(events.users, few))

    known = set(few.tolist())
    cases = tuple(case for case in split.validation.cases if case.user in known)
    validation = Stage(thin(split.validation.events), cases)
    events = thin(split.test.events)
    if len(cases) < TARGETS and all(case.candidates is None for case in cases):
        validation = _last_of_each(events, -(-TARGETS // max(1, len(few))))
    return replace(split, validation=validation, test=replace(split.test, events=events))


def _last_of_each(events: Interactions, count: int) -> Stage:
    """The last `count` events of each user as targets, at most a third of all, and what came before them."""
    lengths = np.bincount(events.users, minlength=len(events.user_ids))
    left = np.cumsum(lengths)[events.users] - np.arange(len(events))  # this event and those after it
    targets = left <= np.minimum(count, lengths // 3)[events.users]
    return Stage(events.take(~targets), cases_at(events, np.flatnonzero(targets)))


def _add_cases(digest: hashlib._Hash, cases: Sequence[Case]) -> None:
    for case in cases:
        digest.update(np.array([case.user, case.target, case.place, len(case.history)]).tobytes())
        digest.update(case.history.tobytes())
        digest.update(b"" if case.candidates is None else case.candidates.tobytes())


def _sample(cases: Sequence[Case], count: int, seed: int) -> tuple[Case, ...]:
    drawn = np.random.default_rng(seed).permutation(len(cases))[:count]
    return tuple(cases[place] for place in np.sort(drawn))
