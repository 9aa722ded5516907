"""Which candidates the language model is asked about: only those that its say can still bring into the list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.diversity import capped
from agent.fusion import LanguageWeight, fuse
from history.catalogue import Catalogue


def contenders(
    item_ids: Sequence[str],
    log_p: NDArray[np.float64],
    weight: LanguageWeight,
    count: int,
    catalogue: Catalogue,
    cap: float,
) -> NDArray[np.bool_]:
    """Which of the candidates can be among the first `count`, bool [n].

    The model's values have stayed between two bounds when its weight was fitted. A candidate that at its best is behind
    all that would be listed, by category cap, if each were at its worst need not be read.
    """
    worst, best = weight.bounds(log_p)
    places = {item_id: place for place, item_id in enumerate(item_ids)}
    order = [item_ids[place] for place in np.argsort(-worst, kind="stable")]
    listed = [places[item_id] for item_id in capped(order, catalogue, count, cap)]
    found: NDArray[np.bool_] = best >= worst[listed].min()
    return found


def fuse_read(
    log_p: NDArray[np.float64], values: NDArray[np.float64], was_read: NDArray[np.bool_], weight: LanguageWeight
) -> NDArray[np.float64]:
    """`fuse`, with the usual value for candidates that were not read; `values` are those of the ones that were."""
    everyone = np.full(len(log_p), weight.usual)
    everyone[was_read] = values
    return fuse(log_p, everyone, weight.weight)
