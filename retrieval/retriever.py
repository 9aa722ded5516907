"""Candidates and their probability: log p_retriever exists for every item that may be recommended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, load_npz, save_npz

from history.records import Item
from retrieval.blend import Weights, log_softmax
from retrieval.encoder import Vectors
from retrieval.index import ItemIndex
from retrieval.parts import PARTS, FacetPart, NeighbourPart, Part, PopularityPart, TextPart, TowerPart
from retrieval.trail import Floats, Ints, Past
from workspace.artefact import Artefact
from workspace.errors import NotReady

if TYPE_CHECKING:
    from retrieval.tower import Tower

TOWER, POPULARITY, BLEND = "tower.pt", "popularity.npy", "blend.json"
DEFAULT_WEIGHTS: Weights = {"tower": 0.5, "text": 2.0, "markov 0.7": 0.5, "item-knn 0.7": 0.5, "popularity": 0.5}


@dataclass(frozen=True)
class Retriever:
    """A multinomial logit over the catalogue: p ∝ exp(Σ weight · feature), summed over the features of all parts."""

    index: ItemIndex
    parts: Mapping[str, Part]
    weights: Weights

    @property
    def text_width(self) -> int:
        """The width of a sentence embedding: the first columns of the index's vectors."""
        tower = self.parts.get("tower")
        return self.index.dimension - (tower.tower.shape.width if isinstance(tower, TowerPart) else 0)

    @property
    def texts(self) -> Vectors:
        """The items' sentence embeddings, float32 [items, text width]."""
        return self.index.vectors[:, : self.text_width]

    @property
    def counts(self) -> Floats:
        """Events of each item at the fit, float64 [items]; those added since have what they were likened to."""
        part = self.parts["popularity"]
        assert isinstance(part, PopularityPart)
        return part.counts

    def utility(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Floats:
        """The sum before it is normalised, float64 [pasts, items]."""
        found = np.zeros(allowed.shape)
        for part in self.parts.values():
            weights = np.array([self.weights.get(name, 0.0) for name in part.names])
            if weights.any():
                found += part.features(pasts, allowed) @ weights
        return found

    def credit(self, past: Past, items: Ints) -> Floats:
        """What each event of a past adds to the utility of `items`, int64 [n], roughly: float64 [events, n].

        Cheap, and near to what is lost when the event is left out: it says which events are worth leaving out.
        """
        found = np.zeros((len(past.trail), len(items)))
        for part in self.parts.values():
            weights = np.array([self.weights.get(name, 0.0) for name in part.names])
            if weights.any():
                found += part.credit(past, items) @ weights
        return found

    def log_probability(self, past: Past, allowed: NDArray[np.bool_]) -> Floats:
        """Log p of each item, float64 [items]; -inf where not `allowed`, and the allowed ones sum to 1."""
        found: Floats = self.log_probabilities([past], allowed[None])[0]
        return found

    def log_probabilities(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Floats:
        """The same of several pasts, float64 [pasts, items]; `allowed` is bool [pasts, items]."""
        return log_softmax(self.utility(pasts, allowed), allowed)

    def top(self, log_p: Floats, count: int) -> Ints:
        """The places of the `count` most probable items, best first; equal ones in the order of the catalogue."""
        order = np.argsort(-log_p, kind="stable")[:count]
        found: Ints = order[np.isfinite(log_p[order])]
        return found

    def save(self, folder: Path) -> None:
        """Write all that was fitted into a new version's folder; facets are made from the catalogue again."""
        self.index.save(folder)
        about: dict[str, object] = {"weights": self.weights}
        for name, part in self.parts.items():
            if isinstance(part, NeighbourPart):
                save_npz(folder / f"{name}.npz", part.matrix, compressed=False)
            elif isinstance(part, PopularityPart):
                np.save(folder / POPULARITY, np.stack([part.counts, part.recent]))
            elif isinstance(part, TowerPart):
                about["tower"] = asdict(part.tower.shape) | {"signals": part.tower.signals.num_embeddings}
                _save_tower(part.tower, folder / TOWER)
        (folder / BLEND).write_text(json.dumps(about, indent=2))

    @classmethod
    def load(cls, artefact: Artefact, items: Sequence[Item]) -> Retriever:
        """Read what was saved; `items` stand at each place of the index.

        Raises:
            NotReady: another version of Foretaste saved it.
        """
        folder = artefact.folder
        about = json.loads((folder / BLEND).read_bytes())
        index = ItemIndex.load(artefact)
        counts, recent = np.load(folder / POPULARITY)
        parts: dict[str, Part] = {"popularity": PopularityPart(counts, recent)}
        if "tower" in about:
            parts["tower"] = TowerPart(_load_tower(folder / TOWER, about["tower"], index), index)
        for name in PARTS:
            if (folder / f"{name}.npz").is_file():
                parts[name] = NeighbourPart(name, csr_array(load_npz(folder / f"{name}.npz")))
        parts |= {"text": TextPart(index), "facets": FacetPart.of(items)}
        return cls(index, parts, about["weights"])


def _save_tower(tower: Tower, file: Path) -> None:
    """Without residuals: the index holds them."""
    import torch

    torch.save({name: value for name, value in tower.state_dict().items() if name != "residuals"}, file)


def _load_tower(file: Path, about: Mapping[str, Any], index: ItemIndex) -> Tower:
    import torch

    from retrieval.tower import Tower, TowerShape

    shape = TowerShape(**{name: value for name, value in about.items() if name != "signals"})
    tower = Tower(index.vectors[:0, : -shape.width], about["signals"], shape)
    missing, unknown = tower.load_state_dict(torch.load(file, weights_only=True), strict=False)
    if missing != ["residuals"] or unknown:
        raise NotReady(f"{file} is of another version of Foretaste; run: foretaste fit")
    return tower
