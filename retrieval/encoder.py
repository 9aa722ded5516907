"""Sentence embeddings of item texts and of what users wrote."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workspace.errors import ModelError

Vectors = NDArray[np.float32]


class SentenceEncoder:
    """A sentence-transformers model, loaded when it is first needed."""

    def __init__(self, source: Path | str) -> None:
        """`source` is a local folder or a hub name."""
        self._source = source
        self.name = Path(source).name

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32 [len(texts), dimension]; a text without words gets a vector of zeros.

        Raises:
            ModelError: the encoder cannot be loaded, or gives something else than numbers.
        """
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        progress = sys.stderr.isatty() and len(texts) > 64
        vectors = self._model.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=progress)
        broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(broken):
            raise ModelError(f"{self.name} gives no finite embedding of {texts[broken[0]][:80]!r}; use another encoder")
        blank = [place for place, text in enumerate(texts) if not text.strip()]
        vectors[blank] = 0.0
        return np.asarray(vectors, np.float32)

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            return SentenceTransformer(str(self._source))
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"cannot load the sentence encoder {str(self._source)!r}: {reason}") from error
