"""A system's answers, judged case by case; this is what is kept of a run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.calibration import brier, log_loss
from eval.interactions import Floats, Ints
from eval.lists import diversity, novelty, popularity_lift
from eval.metrics import mrr, ndcg, recall
from eval.protocols.split import Case, Split
from eval.ranking import rankable, target_ranks, top_lists
from eval.systems import Scores, System
from eval.topics import TopicTable, topic_accuracy
from interests.habits import topic_log_loss
from workspace.errors import ForetasteError
from workspace.progress import track

K = 10
HEADLINE = f"ndcg@{K}"
RECALLED = (10, 20, 50)
TOPIC_P = "topic_p"  # the share that a system gave to the topic which it predicted
BATCH = 256


@dataclass(frozen=True)
class Answers:
    """What a system answered to a split's test cases, in their order.

    `metrics` holds one value a case; `lists`, int64 [cases, 10], the first items, -1 where there are fewer, and
    `list_p` their probabilities (NaN where not given); `topics`, int64 [cases], the predicted topic, -1 for none.
    """

    metrics: Mapping[str, Floats]
    lists: Ints
    list_p: Floats
    topics: Ints
    fit_seconds: float = 0.0

    def save(self, file: Path) -> None:
        """Write all in one step, so that a run stopped here leaves no half of it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished")
        columns = {f"metric {name}": values for name, values in self.metrics.items()}
        with unfinished.open("wb") as stream:
            np.savez_compressed(
                stream,
                allow_pickle=False,
                lists=self.lists,
                list_p=self.list_p,
                topics=self.topics,
                fit_seconds=np.array(self.fit_seconds),
                **columns,
            )
        os.replace(unfinished, file)

    @classmethod
    def load(cls, file: Path) -> Answers:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as found:
            metrics = {name.removeprefix("metric "): found[name] for name in found.files if name.startswith("metric ")}
            return cls(metrics, found["lists"], found["list_p"], found["topics"], float(found["fit_seconds"]))


class Judge:
    """Judges answers to one split's test cases."""

    def __init__(self, split: Split) -> None:
        self.split = split
        self.topics = TopicTable.of(split.test.events.catalogue)
        self._popularity = split.test.events.counts
        self._users = len(np.unique(split.test.events.users))

    def judge(self, name: str, system: System, fit_seconds: float = 0.0) -> Answers:
        """Ask a fitted system all test cases.

        Raises:
            ForetasteError: a score is not a number; the message names the system, the user and the item.
        """
        cases = self.split.test.cases
        starts = range(0, len(cases), BATCH)
        parts = [self._timed(name, system, cases[start : start + BATCH]) for start in track(starts, name, len(starts))]
        metrics = {metric: np.concatenate([part.metrics[metric] for part in parts]) for metric in parts[0].metrics}
        lists, list_p, topics = (
            np.concatenate([getattr(part, field) for part in parts]) for field in ("lists", "list_p", "topics")
        )
        return Answers(metrics, lists, list_p, topics, fit_seconds)

    def _timed(self, name: str, system: System, cases: Sequence[Case]) -> Answers:
        start = time.perf_counter()
        scores = system.score(cases)
        seconds = (time.perf_counter() - start) / len(cases)
        return self.answers(name, cases, scores, seconds)

    def answers(self, name: str, cases: Sequence[Case], scores: Scores, seconds: float) -> Answers:
        """What `scores` are worth for `cases`; `seconds` is the time that one answer took."""
        self._refuse_nan(name, cases, scores)
        targets = np.array([case.target for case in cases])
        metrics = {"seconds": np.full(len(cases), seconds), **scores.also}
        lists = np.full((len(cases), K), -1)
        list_p = np.full((len(cases), K), np.nan)
        if scores.values is not None:
            values = np.where(rankable(cases, scores.values.shape[1]), scores.values, -np.inf)
            lists = top_lists(values, self._popularity, K)
            metrics |= self._ranked(target_ranks(values, targets, self._popularity)) | self._listed(lists, cases)
        if scores.log_p is not None:
            metrics |= {"logloss": log_loss(scores.log_p, targets), "brier": brier(scores.log_p, targets)}
            p = np.exp(np.take_along_axis(scores.log_p, lists, axis=1))
            list_p = np.where(lists >= 0, p, np.nan)
        topics, topical = self._topical(scores, targets)
        return Answers(metrics | topical, lists, list_p, topics)

    def _ranked(self, ranks: Floats) -> dict[str, Floats]:
        found = {f"recall@{k}": recall(ranks, k) for k in RECALLED}
        return {f"ndcg@{K}": ndcg(ranks, K), f"mrr@{K}": mrr(ranks, K), **found, "rank": ranks}

    def _listed(self, lists: Ints, cases: Sequence[Case]) -> dict[str, Floats]:
        histories = [case.history for case in cases]
        found = {
            f"novelty@{K}": novelty(lists, self._popularity, self._users),
            f"popularity_lift@{K}": popularity_lift(lists, histories, self._popularity),
        }
        if self.topics.names:
            found[f"ild@{K}"] = diversity(lists, (self.topics.mass > 0).astype(float))
        return found

    def _topical(self, scores: Scores, targets: Ints) -> tuple[Ints, dict[str, Floats]]:
        forecast = scores.topics
        if forecast is None and scores.log_p is not None and self.topics.names:
            forecast = self.topics.forecast(scores.log_p)
        if forecast is None:
            return np.full(len(targets), -1), {}
        predicted, truth = forecast.argmax(axis=1), self.topics.mass[targets]
        measured = {
            "topic_logloss": topic_log_loss(forecast, truth),
            "topic_accuracy": topic_accuracy(predicted, truth),
            TOPIC_P: forecast[np.arange(len(predicted)), predicted],
        }
        return predicted, measured

    def _refuse_nan(self, name: str, cases: Sequence[Case], scores: Scores) -> None:
        for what, values in _parts(scores):
            wrong = np.argwhere(np.isnan(values) | np.isposinf(values))
            if len(wrong):
                row, column = wrong[0]
                user = self.split.test.events.user_ids[cases[row].user]
                raise ForetasteError(
                    f"system {name!r} gave {values[row, column]} as {what} number {column} for user {user!r}, event "
                    f"{cases[row].place}; nothing can be ranked by it: mend the system or leave it out of --systems"
                )


def _parts(scores: Scores) -> Iterator[tuple[str, Floats]]:
    for what, values in (("score", scores.values), ("log-probability", scores.log_p), ("topic share", scores.topics)):
        if values is not None:
            yield what, values
