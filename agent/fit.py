"""`fit`: embed the catalogue, fit the retriever and the language model's weight, publish all as one artefact."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.fusion import NO_WEIGHT, Drawn, LanguageWeight, draw_beside, fit_weight
from agent.knowledge import LANGUAGE, about_fit, write_texts
from agent.options import FitOptions
from agent.resources import FIT, Resources
from agent.topic_count import best_centres
from agent.topics import TopicModel, cluster_model, kind_of
from agent.tracking import TopicReader, fit_tracking
from history.catalogue import Catalogue, item_text
from history.records import Item
from history.splits import Target, last_target
from history.timeline import Timeline
from retrieval.blend import Earned
from retrieval.encoder import Vectors
from retrieval.learning import Catalogued, learn, lesson_of, target_count
from retrieval.retriever import Retriever
from retrieval.trail import PastReader, Trail
from retrieval.training import recipe_for
from workspace.artefact import current, publish
from workspace.errors import DamagedArtefact, DataError, NotReady
from workspace.progress import track


@dataclass(frozen=True, slots=True)
class FitReport:
    """What each part earned: mean log-likelihood of a validation target, in nats; `earned` is empty without targets."""

    items: int
    events: int
    targets: int
    uniform: float
    retriever: float
    earned: Mapping[str, Earned]
    epochs: int
    language: LanguageWeight


def fit(resources: Resources, options: FitOptions | None = None) -> FitReport:
    """Fit on all that the store holds and publish the result in the home.

    The last new item of a sample of users is the validation target, predicted from what that user did before it by
    parts that were fitted without these targets; then the parts are fitted on everything.

    Raises:
        NotReady: nothing was imported.
        DataError: the catalogue is empty.
    """
    options = options or FitOptions()
    store = resources.store
    timelines = {timeline.user_id: timeline for timeline in sorted(store.timelines(), key=attrgetter("user_id"))}
    if not timelines:
        raise NotReady(f"no events in {resources.home.root}; run: foretaste import FILE")
    catalogue = store.catalogue()
    if not catalogue:
        raise DataError("the catalogue is empty: import items first (foretaste import)")
    places = {item_id: place for place, item_id in enumerate(catalogue)}
    texts = resources.encoder.encode([item_text(item) for item in catalogue.values()])
    reader = resources.past_reader(places, texts)
    generator = np.random.default_rng(options.seed)
    targets = _targets(resources, timelines, catalogue, target_count(options.targets, len(places)), generator)
    before = {**timelines, **{target.history.user_id: target.history for target in targets}}
    everything = [reader.trail(timeline) for timeline in timelines.values()]
    lesson = lesson_of(reader, list(before.values()), targets, places, resources.domain.repeats)
    learnt = learn(
        Catalogued(list(catalogue), list(catalogue.values()), texts, reader.signals),
        lesson,
        everything,
        recipe_for(options.recipe, everything, options.seed),
        store.order_only(),
    )
    topics = fit_topics(resources, list(catalogue.values()), texts, reader, everything, options.seed)
    read = TopicReader(topics.of(list(catalogue.values()), texts), reader, store.order_only())
    tracking = fit_tracking(read, everything, lesson, learnt.rehearsal, np.random.default_rng(options.seed))
    language = NO_WEIGHT
    if options.language_targets and learnt.fitted:
        sample = targets[: options.language_targets]
        language = _fit_language(resources, catalogue, learnt.rehearsal, reader, sample, generator)

    def write(folder: Path) -> None:
        learnt.retriever.save(folder)
        tracking.save(folder)
        topics.save(folder)
        write_texts(folder, catalogue)
        measured = {resources.language_key: asdict(language)} if language.targets else {}
        (folder / LANGUAGE).write_text(json.dumps(measured, indent=2))

    publish(resources.home.index, about_fit(resources, catalogue, options), write)
    return FitReport(
        items=len(places),
        events=store.event_count(),
        targets=len(targets),
        uniform=-float(np.log(len(places))),
        retriever=learnt.fitted.log_likelihood if learnt.fitted else float("nan"),
        earned=learnt.fitted.earned if learnt.fitted else {},
        epochs=learnt.epochs,
        language=language,
    )


def fit_topics(
    resources: Resources, items: Sequence[Item], texts: Vectors, reader: PastReader, trails: Sequence[Trail], seed: int
) -> TopicModel:
    """The topics that the settings ask for; what was clusters before the fit keeps its ids."""
    kind = kind_of(resources.settings.topics, items)
    if kind == "categories":
        return TopicModel(kind, np.zeros((0, texts.shape[1]), np.float32))
    middles = best_centres(texts, reader, trails, resources.store.order_only(), np.random.default_rng(seed))
    return cluster_model(kind, middles, items, texts, _topics_before(resources), resources.encoder.encode)


def _topics_before(resources: Resources) -> TopicModel | None:
    try:
        return TopicModel.load(current(resources.home.index, FIT).folder)
    except (NotReady, DamagedArtefact, OSError):  # what cannot be read is made anew
        return None


def _targets(
    resources: Resources,
    timelines: Mapping[str, Timeline],
    catalogue: Catalogue,
    count: int,
    generator: np.random.Generator,
) -> list[Target]:
    users = generator.permutation(list(timelines))
    found = (last_target(timelines[str(user)], catalogue, resources.domain.repeats) for user in users)
    return list(islice((target for target in found if target), count))


def _fit_language(
    resources: Resources,
    catalogue: Catalogue,
    retriever: Retriever,
    reader: PastReader,
    targets: Sequence[Target],
    generator: np.random.Generator,
) -> LanguageWeight:
    """Score each target among candidates drawn from the retriever's distribution; see `fit_weight`."""
    drawn = [draw(retriever, reader, target, resources.domain.repeats, generator) for target in targets]
    asked = [(target.history, item_ids) for target, (item_ids, _) in zip(targets, drawn, strict=True)]
    values = track(resources.scorer(catalogue).many(asked), "measuring the language model", len(targets))
    return fit_weight([Drawn(one, counts) for one, (_, counts) in zip(values, drawn, strict=True)])


def draw(
    retriever: Retriever, reader: PastReader, target: Target, repeats: bool, generator: np.random.Generator
) -> tuple[list[str], NDArray[np.float64]]:
    """The ids of the target and of others from the retriever's distribution, and their counts; see `draw_beside`.

    The retriever's parts must know nothing of the target.
    """
    index = retriever.index
    lesson = lesson_of(reader, [], [target], index.places, repeats)
    log_p = retriever.log_probability(lesson.pasts[0], lesson.allowed[0])
    places, counts = draw_beside(log_p, index.places[target.item_id], generator)
    return [index.item_ids[place] for place in places], counts
