"""Fits the retriever: its parts on what happened before some targets, its weights on the targets, then all on all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from history.records import Item
from history.splits import Target
from history.timeline import Timeline
from retrieval.blend import Fitted, Weights, fit_blend
from retrieval.encoder import Vectors
from retrieval.index import EXACT_UP_TO, ItemIndex
from retrieval.neighbours import ease, item_knn, kept_of, markov, strongest
from retrieval.parts import FacetPart, NeighbourPart, Part, PopularityPart, TextPart, TowerPart, stacked
from retrieval.retriever import DEFAULT_WEIGHTS, Retriever
from retrieval.tower import Tower
from retrieval.trail import Past, PastReader, Trail, flat, who_had_what
from retrieval.training import Held, Recipe, again, index_vectors, train
from retrieval.words import shared_words

FEWEST = 30  # from fewer targets the weights would run to their bounds: the defaults are better
CELLS = 8_000_000  # targets × items looked at while the weights are fitted; some 60 bytes each are held
LEAST = 100  # targets, however large the catalogue
BLIND = 3  # without targets to stop it the tower is trained for one such part of the epochs
EASE_UP_TO = 15_000  # items: beyond, its inverse is too large for the memory
SHRINK, REGULARISATION = 10.0, 300.0
RECENT = 20  # popularity halves in one such part of the time that the events span
BATCH = 256
QUERIES = 200  # of users, to tune a large index on


@dataclass(frozen=True)
class Lesson:
    """What is learnt from: trails, and targets that they do not hold.

    `pasts` are what came before each target, `targets` int64 [targets] its place, `allowed` bool [targets, items].
    """

    trails: Sequence[Trail]
    pasts: Sequence[Past]
    targets: NDArray[np.int64]
    allowed: NDArray[np.bool_]


@dataclass(frozen=True)
class Catalogued:
    """The items at each place: ids, what is known of them, and their sentence embeddings, float32 [items, width].

    `signals` is how many kinds of events the trails tell apart; see `PastReader`.
    """

    item_ids: Sequence[str]
    items: Sequence[Item]
    texts: Vectors
    signals: int

    @cached_property
    def words(self) -> NeighbourPart:
        """Which items share words; no event can change that."""
        return NeighbourPart("words", shared_words(self.items))


@dataclass(frozen=True)
class Learnt:
    """A retriever, and the `rehearsal` whose parts never saw the targets: whatever else is fitted on them needs it.

    `fitted` says what the parts earned on the targets, None where they were too few; `epochs` is the tower's best.
    """

    retriever: Retriever
    rehearsal: Retriever
    fitted: Fitted | None
    epochs: int


def lesson_of(
    reader: PastReader, before: Iterable[Timeline], targets: Sequence[Target], places: Mapping[str, int], repeats: bool
) -> Lesson:
    """The lesson of `targets`; `before` are the timelines to fit parts on, which hold none of them."""
    pasts = [reader.read(target.history) for target in targets]
    allowed = np.ones((len(targets), len(places)), bool)
    if not repeats:
        for row, past in enumerate(pasts):
            allowed[row, past.trail.known] = False
    chosen = np.array([places[target.item_id] for target in targets], np.int64)
    allowed[np.arange(len(chosen)), chosen] = True
    return Lesson([reader.trail(timeline) for timeline in before], pasts, chosen, allowed)


def learn(
    catalogued: Catalogued,
    lesson: Lesson,
    everything: Sequence[Trail],
    recipe: Recipe,
    order_only: bool = False,
) -> Learnt:
    """Fit parts on the lesson's trails and weights on its targets, then the parts again on `everything`."""
    tower = Tower(catalogued.texts, catalogued.signals, recipe.shape, recipe.seed)
    taught = any(len(trail) > 1 for trail in lesson.trails)
    enough = len(lesson.targets) >= FEWEST
    held = Held([past.trail for past in lesson.pasts], lesson.targets, lesson.allowed) if enough else None
    first = recipe if enough else replace(recipe, epochs=max(1, recipe.epochs // BLIND))
    epochs = train(tower, lesson.trails, held, first)
    rehearsal = _retriever(catalogued, lesson.trails, tower if taught else None, DEFAULT_WEIGHTS, order_only)
    fitted = fit_weights(rehearsal.parts, lesson) if enough else None
    weights = fitted.weights if fitted else DEFAULT_WEIGHTS
    train(later := deepcopy(tower), everything, None, again(recipe, epochs))
    retriever = _retriever(catalogued, everything, later if taught else None, weights, order_only)
    return Learnt(retriever, replace(rehearsal, weights=weights), fitted, epochs)


def fit_weights(parts: Mapping[str, Part], lesson: Lesson) -> Fitted:
    """The blend's weights on the lesson's targets, by parts that saw only its trails."""
    names = {name: part.names for name, part in parts.items()}
    features = np.empty((*lesson.allowed.shape, sum(map(len, names.values()))), np.float32)
    for start in range(0, len(features), BATCH):
        batch = slice(start, start + BATCH)
        features[batch] = stacked(parts, lesson.pasts[batch], lesson.allowed[batch])
    return fit_blend(names, features, lesson.allowed, lesson.targets)


def target_count(most: int, items: int) -> int:
    """How many validation targets a catalogue of so many items allows: at most `most`."""
    return min(most, max(LEAST, CELLS // items))


def _retriever(
    catalogued: Catalogued, trails: Sequence[Trail], tower: Tower | None, weights: Weights, order_only: bool
) -> Retriever:
    """Without a tower where there was nothing to teach it."""
    vectors = index_vectors(tower) if tower else catalogued.texts
    large = len(vectors) > EXACT_UP_TO
    asked = tower.queries(trails[:: -(-len(trails) // QUERIES)], vectors) if tower and large else None
    index = ItemIndex(catalogued.item_ids, vectors, asked)
    parts: dict[str, Part] = {"tower": TowerPart(tower, index)} if tower else {}
    parts |= neighbour_parts(trails, len(catalogued.item_ids))
    parts["popularity"] = _popularity(trails, len(catalogued.item_ids), order_only)
    parts |= {"text": TextPart(index), "words": catalogued.words, "facets": FacetPart.of(catalogued.items)}
    return Retriever(index, parts, weights)


def neighbour_parts(trails: Sequence[Trail], item_count: int) -> dict[str, NeighbourPart]:
    """Markov, item-kNN, and EASE where the catalogue is small enough for it."""
    users, items = flat(trails)
    x = who_had_what(users, items, len(trails), item_count)
    kept = kept_of(item_count)
    matrices = {"markov": markov(users, items, item_count), "item-knn": csr_array(item_knn(x, kept, SHRINK))}
    if item_count <= EASE_UP_TO:
        matrices["ease"] = csr_array(strongest(csc_array(ease(x, REGULARISATION, np.float32)), kept))
    return {name: NeighbourPart(name, matrix.astype(np.float32)) for name, matrix in matrices.items()}


def _popularity(trails: Sequence[Trail], item_count: int, order_only: bool) -> PopularityPart:
    _, items = flat(trails)
    counts = np.bincount(items, minlength=item_count).astype(float)
    if order_only or not len(items):
        return PopularityPart(counts, np.zeros(item_count))  # places in an order say nothing of what is recent
    times = np.concatenate([trail.times[trail.items >= 0] for trail in trails])
    half_life = max(np.ptp(times) / RECENT, 1.0)
    ages = (times.max() - times) / half_life
    return PopularityPart(counts, np.bincount(items, 0.5**ages, item_count).astype(float))
