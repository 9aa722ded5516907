"""`fit`: embed the catalogue, fit the retriever and the language model's weight, publish all as one artefact."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.fusion import Drawn, LanguageWeight, fit_weight
from agent.knowledge import COUNTS, WEIGHTS, Resources
from agent.options import FEWEST, FitOptions
from history.catalogue import Catalogue, item_text
from history.splits import Target, last_new_item
from retrieval.fitting import DECAYS, fit_retriever
from retrieval.index import ItemIndex
from retrieval.retriever import Retriever, RetrieverWeights
from workspace.artefact import publish
from workspace.errors import NotReady
from workspace.progress import track

CELLS = 20_000_000  # targets × items held at once while fitting the retriever
CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class FitReport:
    """What each part earned: mean log-likelihood of a validation target, in nats."""

    items: int
    events: int
    targets: int
    uniform: float
    popularity: float
    retriever: float
    weights: RetrieverWeights
    language: LanguageWeight


def fit(resources: Resources, options: FitOptions | None = None) -> FitReport:
    """Fit on all that the store holds and publish the result in the home.

    The last new item of a sample of users is the validation target, predicted from what that user did before it; the
    targets are taken out of the popularity counts while the weights are fitted.

    Raises:
        NotReady: nothing was imported.
        DataError: the catalogue is empty.
    """
    options = options or FitOptions()
    store = resources.store
    events = store.event_count()
    if not events:
        raise NotReady(f"no events in {resources.home.root}; run: foretaste import FILE")
    catalogue = store.catalogue()
    item_ids = list(catalogue)
    index = ItemIndex(item_ids, resources.encoder.encode([item_text(item) for item in catalogue.values()]))
    counts = _counts(store.item_counts(), item_ids)
    generator = np.random.default_rng(options.seed)
    targets = _targets(resources, catalogue, min(options.targets, max(1, CELLS // len(item_ids))), generator)
    earlier = counts - _counts_of(targets, index)
    weights, popularity, retrieved = retriever_weights(resources, index, earlier, targets)
    language = LanguageWeight(0.0, 0.0, 0.0, 0)
    if options.language_targets:
        sample = targets[: options.language_targets]
        language = _fit_language(resources, catalogue, Retriever(index, earlier, weights), sample, generator)

    def write(folder: Path) -> None:
        index.save(folder)
        np.save(folder / COUNTS, counts)
        fitted = {"retriever": asdict(weights), "language": {resources.language_key: asdict(language)}}
        (folder / WEIGHTS).write_text(json.dumps(fitted, indent=2))

    about = {
        "catalogue": catalogue.fingerprint(),
        "encoder": resources.settings.encoder,
        "cut": store.last_timestamp(),
        "seed": options.seed,
    }
    publish(resources.home.index, about, write)
    uniform = -float(np.log(len(item_ids)))
    return FitReport(len(item_ids), events, len(targets), uniform, popularity, retrieved, weights, language)


def _counts(found: dict[str, int], item_ids: Sequence[str]) -> NDArray[np.float64]:
    return np.array([found.get(item_id, 0) for item_id in item_ids], float)


def _counts_of(targets: Iterable[Target], index: ItemIndex) -> NDArray[np.float64]:
    places = [index.places[target.item_id] for target in targets]
    return np.bincount(np.array(places, int), minlength=len(index.item_ids)).astype(float)


def _targets(resources: Resources, catalogue: Catalogue, count: int, generator: np.random.Generator) -> list[Target]:
    users = generator.permutation(resources.store.user_ids())[:count]
    found = (last_new_item(resources.store.timeline(str(user)), catalogue) for user in users)
    return [target for target in found if target]


def retriever_weights(
    resources: Resources, index: ItemIndex, counts: NDArray[np.float64], targets: Sequence[Target]
) -> tuple[RetrieverWeights, float, float]:
    """The retriever's weights, then the mean log-likelihood of a target by popularity alone, and by the retriever."""
    if len(targets) < FEWEST:
        return RetrieverWeights(), math.nan, math.nan
    reader = resources.taste_reader(index)
    histories = [target.history for target in targets]
    cosines = {
        decay: np.stack([reader.read(history, decay, index.dimension).query for history in histories]) @ index.vectors.T
        for decay in track(DECAYS, "fitting the retriever", len(DECAYS))
    }
    allowed = np.ones((len(targets), len(index.item_ids)), bool)
    if not resources.domain.repeats:
        for row, history in enumerate(histories):
            allowed[row, [index.places[name] for name in history.item_ids if name in index.places]] = False
    places = [index.places[target.item_id] for target in targets]
    log_counts = np.log1p(counts)
    flat = {1.0: np.zeros_like(cosines[DECAYS[0]])}
    _, popularity = fit_retriever(flat, log_counts, allowed, places)
    weights, retrieved = fit_retriever(cosines, log_counts, allowed, places)
    return weights, popularity, retrieved


def _fit_language(
    resources: Resources,
    catalogue: Catalogue,
    retriever: Retriever,
    targets: Sequence[Target],
    generator: np.random.Generator,
) -> LanguageWeight:
    """Score each target among candidates drawn from the retriever's distribution; see `fit_weight`."""
    reader = resources.taste_reader(retriever.index)
    scorer = resources.scorer(catalogue)
    rows = []
    for target in track(targets, "measuring the language model", len(targets)):
        query = reader.read(target.history, retriever.weights.decay, retriever.index.dimension).query
        item_ids, counts = draw(retriever, query, target, resources.domain.repeats, generator)
        rows.append(Drawn(scorer.values(target.history, item_ids), counts))
    return fit_weight(rows)


def draw(
    retriever: Retriever, query: NDArray[np.float32], target: Target, repeats: bool, generator: np.random.Generator
) -> tuple[list[str], NDArray[np.float64]]:
    """The target, and the distinct items of `CANDIDATES` - 1 draws with return from the retriever's distribution.

    Beside them how often each was drawn, float64 [n], the target once more; see `fit_weight`.
    """
    index = retriever.index
    allowed = np.ones(len(index.item_ids), bool)
    if not repeats:
        allowed[[index.places[name] for name in target.history.item_ids if name in index.places]] = False
    place = index.places[target.item_id]
    allowed[place] = True
    p = np.exp(retriever.log_probability(query, allowed))
    counts = np.bincount(generator.choice(len(p), CANDIDATES - 1, p=p / p.sum()), minlength=len(p)).astype(float)
    counts[place] += 1
    places = [place, *(other for other in np.flatnonzero(counts).tolist() if other != place)]
    return [index.item_ids[other] for other in places], counts[places]
