"""Histories as weights over items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from eval.protocols.split import Case


def weights(cases: Sequence[Case], item_count: int, decay: float = 1.0, last: int | None = None) -> csr_array:
    """The weights q, float64 [cases, items]: the j-th last item of a history gets decay^(j-1); `last` items count."""
    parts = [case.history[-last:] if last else case.history for case in cases]
    lengths = [len(part) for part in parts]
    powers = decay ** np.arange(max(lengths, default=0))[::-1].astype(float)
    data = np.concatenate([powers[len(powers) - length :] for length in lengths] or [np.zeros(0)])
    columns = np.concatenate(parts or [np.zeros(0, np.int64)])
    return csr_array((data, columns, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(cases), item_count))
