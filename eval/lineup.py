"""The systems by name. Settings are those that validation chose on MovieLens-100K, for each protocol.

`GRIDS` are the settings to choose from on other data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

from agent.options import Recipe
from agent.resources import Resources
from agent.scorer import LanguageScorer
from eval.embeddings import item_vectors
from eval.interactions import Floats
from eval.language.masking import masked
from eval.language.packed import Known, ZeroShot, ZeroShotFused
from eval.language.peers import Generated, Letters, Pointwise
from eval.language.reordering import PopularityOrder, RandomOrder
from eval.language.topics import AskedTopics
from eval.language.tuned import TunedAveraged, TunedBranches, TunedFused, TunedHead, TunedHeadOrder, TunedLetters
from eval.peers.baselines import Popular, Random
from eval.peers.beside import Beside
from eval.peers.content import Content, tfidf
from eval.peers.ease import Ease
from eval.peers.encoder_classifier import EncoderClassifier
from eval.peers.ials import IALS
from eval.peers.item_knn import ItemKNN
from eval.peers.markov import Markov
from eval.peers.product import Retrieval, SomeParts
from eval.peers.sasrec import SASRec
from eval.peers.trackers import KINDS, ProductInterests, Tracker
from eval.systems import System
from history.catalogue import Catalogue
from retrieval.parts import PARTS
from workspace.errors import UsageError


@dataclass(frozen=True)
class Scene:
    """What a system is built from: the models at hand, the protocol that it is for, and a seed.

    With `mask_titles` the language model reads invented names; the retriever, and so the candidates, stay the same. The
    tuned systems ask the newest `adapter` that there is for them, or the one of that name.
    """

    resources: Resources
    protocol: str
    seed: int = 0
    mask_titles: bool = False
    recipe: Recipe = Recipe.full
    adapter: str = ""

    @cached_property
    def retrieval(self) -> Retrieval:
        """The product's candidates, one retriever for all rows that reorder them."""
        settings = self.resources.settings
        return Retrieval(
            self.resources, settings.encoder, settings.candidates, self.recipe, seed=self.seed, data=self.data
        )

    @property
    def data(self) -> str:
        """A short name for the domain and all that is known of the items."""
        catalogue = self.resources.store.catalogue()
        known = repr((self.resources.settings.domain, list(catalogue.values())))
        return sha256(known.encode()).hexdigest()[:12]

    @cached_property
    def scorer(self) -> LanguageScorer:
        """The product's language model, one for all rows."""
        catalogue = self.resources.store.catalogue()
        return self.resources.scorer(masked(catalogue) if self.mask_titles else catalogue)

    @cached_property
    def readings(self) -> Known:
        """What the untuned model said of candidates, for all rows that ask it the same."""
        return {}

    @cached_property
    def asked_topics(self) -> AskedTopics:
        """What the language model says of the topics' names."""
        return AskedTopics(self.resources, self.resources.language_key, seed=self.seed)

    @property
    def language(self) -> str:
        """What the language rows' kept results are found by, besides their own settings."""
        return f"{self.resources.language_key}{' masked' if self.mask_titles else ''}"

    @property
    def adapters(self) -> str:
        """A short name for all adapters that there are, and how they are read."""
        cards = [asdict(version.card) for version in self.resources.adapters.with_shipped()]
        return sha256(repr((cards, self.language)).encode()).hexdigest()[:12]

    @property
    def asked(self) -> dict[str, Any]:
        """Which adapter the tuned systems ask, and what it reads."""
        return {"mask_titles": self.mask_titles, "adapter": self.adapter}

    def either(self, in_order: float, in_time: float) -> float:
        """A setting for the protocols that split by each user's own order, and for those that cut in time."""
        return in_time if self.protocol == "prequential" else in_order


def _minilm(scene: Scene) -> System:
    def embed(catalogue: Catalogue) -> Floats:
        return item_vectors(scene.resources, catalogue).astype(float)

    return Content(scene.resources.settings.encoder, embed)


def _some(scene: Scene, parts: Sequence[str]) -> System:
    return SomeParts(scene.retrieval, tuple(parts))


def _without(part: str) -> Callable[[Scene], System]:
    return lambda scene: _some(scene, [other for other in PARTS if other != part])


def _only(part: str) -> Callable[[Scene], System]:
    return lambda scene: _some(scene, [part])


def _tracker(kind: str) -> Callable[[Scene], System]:
    return lambda scene: Tracker(scene.resources, kind)


SYSTEMS: Mapping[str, Callable[[Scene], System]] = {
    "random": lambda scene: Random(scene.seed),
    "popular": lambda scene: Popular(),
    "markov-last": lambda scene: Markov(window=10, last=1),
    "markov": lambda scene: Markov(window=10, last=10, decay=scene.either(0.9, 0.7)),
    "item-knn": lambda scene: ItemKNN(k=int(scene.either(300, 20)), shrink=scene.either(0, 10)),
    "item-knn-recency": lambda scene: ItemKNN(k=300, shrink=10, decay=0.5),
    "ease": lambda scene: Ease(scene.either(100, 20)),
    "ease-recency": lambda scene: Ease(scene.either(400, 200), scene.either(0.9, 0.7)),
    "ials": lambda scene: IALS(seed=scene.seed),
    "tfidf": lambda scene: Content("tfidf", tfidf),
    "minilm": _minilm,
    "sasrec": lambda scene: SASRec(seed=scene.seed),
    "encoder-classifier": lambda scene: EncoderClassifier(
        scene.resources, scene.resources.settings.encoder, seed=scene.seed
    ),
    **{f"topics-{kind}": _tracker(kind) for kind in KINDS},
    "topics-asked": lambda scene: scene.asked_topics,
    "interests": lambda scene: ProductInterests(scene.retrieval),
    "interests-and-asked": lambda scene: ProductInterests(scene.retrieval, scene.asked_topics),
    "retrieval": lambda scene: scene.retrieval,
    **{f"retrieval-without-{part}": _without(part) for part in PARTS},
    **{f"retrieval-only-{part}": _only(part) for part in PARTS},
    "retrieval-and-sasrec": lambda scene: Beside(scene.retrieval, partial(SASRec, seed=scene.seed + 1)),
    "random-order": lambda scene: RandomOrder(scene.retrieval, scene.seed),
    "popularity-order": lambda scene: PopularityOrder(scene.retrieval),
    "zero-shot": lambda scene: ZeroShot(scene.retrieval, scene.scorer, scene.language, scene.readings),
    "zero-shot-fused": lambda scene: ZeroShotFused(
        scene.retrieval, scene.scorer, scene.language, scene.readings, seed=scene.seed
    ),
    "tuned": lambda scene: TunedBranches(scene.retrieval, name=scene.adapters, **scene.asked),
    "tuned-letters": lambda scene: TunedLetters(scene.retrieval, name=scene.adapters, seed=scene.seed, **scene.asked),
    "tuned-head": lambda scene: TunedHead(scene.retrieval, scene.adapters, **scene.asked),
    "tuned-head-order": lambda scene: TunedHeadOrder(
        scene.retrieval, TunedHead(scene.retrieval, scene.adapters, **scene.asked)
    ),
    "tuned-averaged": lambda scene: TunedAveraged(scene.retrieval, scene.adapters, **scene.asked),
    "tuned-fused": lambda scene: TunedFused(scene.retrieval, scene.adapters, **scene.asked),
    "pointwise": lambda scene: Pointwise(scene.retrieval, scene.scorer, scene.language, scene.seed, biased=2),
    "letters": lambda scene: Letters(scene.retrieval, scene.scorer, scene.language, scene.seed),
    "generated": lambda scene: Generated(scene.retrieval, scene.scorer, scene.language, scene.seed, biased=2),
}
LANGUAGE = ("zero-shot", "zero-shot-fused", "pointwise", "letters", "generated")
GRIDS: Mapping[str, Sequence[Callable[[], System]]] = {
    "markov-last": [partial(Markov, window, 1) for window in (5, 10, 20)],
    "markov": [partial(Markov, 10, 10, decay) for decay in (0.5, 0.7, 0.8, 0.9, 1.0)],
    "item-knn": [partial(ItemKNN, k, shrink) for k in (20, 100, 300) for shrink in (0, 10)],
    "item-knn-recency": [partial(ItemKNN, k, 10, decay) for k in (100, 300) for decay in (0.5, 0.7, 0.9)],
    "ease": [partial(Ease, strength) for strength in (20, 50, 100, 200, 400)],
    "ease-recency": [partial(Ease, strength, decay) for strength in (100, 200, 400) for decay in (0.5, 0.7, 0.8, 0.9)],
}
ABLATIONS = tuple(f"retrieval-{kind}-{part}" for kind in ("only", "without") for part in PARTS)
WITHOUT_NETWORKS = (
    "random",
    "popular",
    "markov-last",
    "markov",
    "item-knn",
    "item-knn-recency",
    "ease",
    "ease-recency",
    "ials",
    "tfidf",
)


def build(name: str, scene: Scene) -> System:
    """The system called `name`, not fitted yet.

    Raises:
        UsageError: there is none; the message lists the known ones.
    """
    if name not in SYSTEMS:
        raise UsageError(f"unknown system {name!r}; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name](scene)


def named(text: str) -> list[str]:
    """The systems that a list with commas names; `peers` stands for all without networks, `language` for `LANGUAGE`,
    `parts` for `ABLATIONS`.

    Raises:
        UsageError: there is no such system; the message lists the known ones.
    """
    groups = {"peers": WITHOUT_NETWORKS, "language": LANGUAGE, "parts": ABLATIONS}
    names = [name for part in text.split(",") if part.strip() for name in groups.get(part.strip(), (part.strip(),))]
    for name in names:
        if name not in SYSTEMS:
            raise UsageError(f"unknown system {name!r}; known: {', '.join([*SYSTEMS, *groups])}")
    return list(dict.fromkeys(names))
