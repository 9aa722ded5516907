"""The two peers that learn a network."""

from pathlib import Path

import numpy as np
import pytest

from agent.resources import Resources
from eval.answers import Judge
from eval.interactions import Interactions, from_timelines, read_interactions
from eval.peers.baselines import Popular
from eval.peers.encoder_classifier import EncoderClassifier, training_cases
from eval.peers.sasrec import SASRec
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.summary import summarise
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline
from workspace.errors import DataError
from workspace.home import Home


@pytest.mark.slow
def test_sasrec_learns_a_walk_and_is_kept(walks: Interactions, tmp_path: Path) -> None:
    split = leave_one_out(walks)
    judge = Judge(split)
    system = SASRec(width=16, length=8, dropout=0.1, rate=0.01, epochs=60)
    system.fit(split)
    popular = Popular()
    popular.fit(split)
    found = judge.judge("sasrec", system).metrics["ndcg@10"].mean()
    assert found > 1.3 * judge.judge("popular", popular).metrics["ndcg@10"].mean()
    log_p = system.score(split.test.cases).log_p
    assert log_p is not None
    assert np.exp(log_p).sum(axis=1) == pytest.approx(1)
    system.write(tmp_path)
    other = SASRec(width=16, length=8, dropout=0.1, rate=0.01, epochs=60)
    other.read(tmp_path, split)
    again = other.score(split.test.cases).log_p
    assert again is not None
    assert np.allclose(again, log_p)


def test_training_cases_come_from_the_stage_alone(walks: Interactions) -> None:
    stage = prequential(walks).validation
    cases = training_cases(stage, 50, seed=0)
    assert len(cases) == 50
    assert all(len(case.history) for case in cases)
    assert max(case.time for case in cases) <= stage.events.times.max()


@pytest.mark.model
def test_the_encoder_learns_a_category(resources: Resources, real_home: Home, tmp_path: Path) -> None:
    with_encoder = Resources.at(real_home, resources.settings)
    vars(with_encoder).update(store=resources.store)
    split = leave_one_out(read_interactions(resources.store))
    system = EncoderClassifier(with_encoder, "all-minilm-l6-v2", examples=96, epochs=2, tokens=64, rate=5e-4)
    system.fit(split)
    judge = Judge(split)
    answers = judge.judge("encoder-classifier", system)
    # every user of the made data stays within one category
    assert answers.metrics["topic_accuracy"].mean() > 0.8
    assert {"topic_precision", "topic_recall", "topic_f1"} <= set(summarise(answers, judge))
    assert "ndcg@10" not in answers.metrics
    system.write(tmp_path)
    other = EncoderClassifier(with_encoder, "all-minilm-l6-v2", examples=96, epochs=2, tokens=64, rate=5e-4)
    other.read(tmp_path, split)
    kept, fresh = other.score(split.test.cases).topics, system.score(split.test.cases).topics
    assert kept is not None and fresh is not None
    assert np.allclose(kept, fresh)


def test_a_catalogue_without_categories_has_no_classes(resources: Resources) -> None:
    catalogue = Catalogue([Item("a", "A"), Item("b", "B"), Item("c", "C")])
    events = tuple(Event("u", item, float(place)) for place, item in enumerate("abc"))
    split = leave_one_out(from_timelines([Timeline("u", events)], catalogue))
    with pytest.raises(DataError, match="no item has one"):
        EncoderClassifier(resources, "none").fit(split)
