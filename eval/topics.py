"""Which category comes next? Forecasts of topics, for items of one or several categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.interactions import Floats, Ints
from history.catalogue import Catalogue
from interests.topics import Topics


@dataclass(frozen=True, slots=True)
class TopicTable:
    """The catalogue's topics; `mass`, float64 [items, topics], splits an item equally over its own (0 without any)."""

    names: tuple[str, ...]
    mass: Floats

    @classmethod
    def of(cls, catalogue: Catalogue) -> TopicTable:
        """The categories of the catalogue's items."""
        topics = Topics.of_categories([item.categories for item in catalogue.values()])
        return cls(topics.names, topics.mass.toarray().astype(np.float64))

    def forecast(self, log_p: Floats) -> Floats:
        """P(topic of the next item), float64 [cases, topics], from log P(item), float64 [cases, items]."""
        found: Floats = np.exp(log_p) @ self.mass
        total = found.sum(axis=1, keepdims=True)
        return found / np.where(total > 0, total, 1.0)


def topic_accuracy(predicted: Ints, truth: Floats) -> Floats:
    """1 where the `predicted` topic, int64 [cases], is one of the item's, else 0; NaN for an item without topics."""
    right = truth[np.arange(len(predicted)), predicted] > 0
    return np.where(truth.any(axis=1), right, np.nan)


@dataclass(frozen=True, slots=True)
class ClassReport:
    """Macro means over topics, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def classification_report(predicted: Ints, truth: Floats) -> ClassReport:
    """Macro precision, recall and F1 over the topics that were predicted or true.

    An item of several topics counts for the predicted one when that is among them, else equally for each of its own;
    with one topic an item these are the usual definitions. A topic never predicted has precision 0, one never true has
    recall 0. Items without topics are left out.
    """
    known = truth.any(axis=1)
    predicted, truth = predicted[known], truth[known]
    chosen = np.eye(truth.shape[1])[predicted]
    right = chosen * (truth > 0)
    support = np.where(right.any(axis=1, keepdims=True), right, truth).sum(axis=0)
    hits, claims = right.sum(axis=0), chosen.sum(axis=0)
    seen = (support > 0) | (claims > 0)
    if not seen.any():
        return ClassReport(0.0, 0.0, 0.0)
    precision = hits[seen] / np.maximum(claims[seen], 1)
    recall = np.divide(hits[seen], support[seen], out=np.zeros(int(seen.sum())), where=support[seen] > 0)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return ClassReport(float(precision.mean()), float(recall.mean()), float(f1.mean()))
