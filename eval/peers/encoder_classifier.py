"""The encoder classifier: a BERT-type encoder reads the behaviour as text and names the next event's category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent.resources import Resources
from eval.interactions import Floats, Interactions, Ints
from eval.protocols.split import Case, Split, Stage, cases_at
from eval.systems import Scores
from eval.timelines import CaseTimelines
from eval.topics import TopicTable
from history.polarity import verb
from history.timeline import Timeline
from prompts.phrases import Phrases
from workspace.errors import DataError
from workspace.models import model_source

if TYPE_CHECKING:
    from eval.peers.encoder_network import Classifier

FILE = "classifier.pt"


@dataclass
class EncoderClassifier:
    """P(category of the next event) by a classification head over the encoder's mean of the last `events` events.

    Trained with cross-entropy on `examples` events drawn from the validation stage (an item of several categories is
    split equally over them), stopped early by the loss on `looked_at` validation cases; not refitted after that, so it
    never sees the newest tenth. The encoder's lowest `frozen` layers keep their weights.
    """

    resources: Resources = field(repr=False)
    encoder: str
    events: int = 8
    tokens: int = 96
    examples: int = 1_500
    looked_at: int = 300
    epochs: int = 3
    frozen: int = 3
    rate: float = 1e-4
    seed: int = 0
    fitted_on: Interactions = field(init=False, repr=False)
    _topics: TopicTable = field(init=False, repr=False)
    _timelines: CaseTimelines = field(init=False, repr=False)
    _classifier: Classifier = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Train on events of the validation stage.

        Raises:
            DataError: the catalogue has no categories, or there is nothing to train or to validate on.
        """
        from eval.peers.encoder_network import train

        self._open(split)
        texts, truth = self._examples(training_cases(split.validation, self.examples, self.seed))
        held_texts, held_truth = self._examples(_drawn(split.validation.cases, self.looked_at, self.seed))
        if not texts or not held_texts:
            raise DataError("encoder-classifier: no event of an item with a category to train or to validate on")
        held = (held_texts, held_truth)
        train(self._classifier, (texts, truth), held, epochs=self.epochs, rate=self.rate, seed=self.seed)

    def write(self, folder: Path) -> None:
        """Keep the weights."""
        import torch

        torch.save(self._classifier.state_dict(), folder / FILE)

    def read(self, folder: Path, split: Split) -> None:
        """Take kept weights instead of training."""
        import torch

        self._open(split)
        self._classifier.load_state_dict(torch.load(folder / FILE, weights_only=True))

    def score(self, cases: Sequence[Case]) -> Scores:
        """P(category) of each case; no ranking of items."""
        return Scores(topics=self._classifier.shares([self._text(self._timelines.before(case)) for case in cases]))

    def _open(self, split: Split) -> None:
        from eval.peers.encoder_network import Classifier

        self.fitted_on = split.test.events
        self._topics = TopicTable.of(split.test.events.catalogue)
        if not self._topics.names:
            raise DataError("encoder-classifier predicts categories, and no item has one; leave it out of --systems")
        self._timelines = CaseTimelines(self.resources.store, split.test.events)
        source = model_source(self.resources.home, self.encoder)
        self._classifier = Classifier(source, len(self._topics.names), self.tokens, self.frozen, self.seed)

    def _examples(self, cases: Sequence[Case]) -> tuple[list[str], Floats]:
        known = [case for case in cases if self._topics.mass[case.target].any()]
        texts = [self._text(self._timelines.before(case)) for case in known]
        return texts, self._topics.mass[[case.target for case in known]]

    def _text(self, timeline: Timeline) -> str:
        """The last events, newest first, so that what must be cut is the oldest."""
        phrases = Phrases(self.resources.domain, "title-year-category")
        scale = self.resources.store.rating_scale()
        catalogue = self.fitted_on.catalogue
        lines = []
        for event in timeline.events[: -self.events - 1 : -1]:
            item = catalogue.get(event.item_id)
            name = (
                phrases.say("stable", "item", title=item.title, year=item.year, categories=item.categories)
                if item
                else ""
            )
            words = verb(event, self.resources.domain, scale)
            lines.append(phrases.say("stable", "event", verb=words, item=name, text=event.text))
        return "; ".join(lines)


def training_cases(stage: Stage, count: int, seed: int) -> list[Case]:
    """At most `count` of the stage's own events as cases, drawn evenly from those that have an event before them."""
    events = stage.events
    later = np.flatnonzero(np.arange(len(events)) > np.searchsorted(events.users, events.users))
    rows: Ints = np.sort(np.random.default_rng(seed).permutation(later)[:count])
    return list(cases_at(events, rows))


def _drawn(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    places = np.sort(np.random.default_rng(seed).permutation(len(cases))[:count])
    return [cases[place] for place in places]
