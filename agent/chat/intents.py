"""Which of a closed set of intents a clause has, learnt from the examples of its language."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from agent.chat.language import Language, plain_words
from retrieval.encoder import Vectors

Intent = Literal[
    "recommend",
    "refine",
    "explain",
    "why_not",
    "similar",
    "search",
    "interests",
    "forecast",
    "correct",
    "rate",
    "undo",
    "forget",
    "small_talk",
    "out_of_scope",
]
INTENTS: tuple[Intent, ...] = get_args(Intent)
MEANING, SPELLING = 4.0, 3.0  # how much embeddings and letters weigh beside each other
STRENGTH = 3.0  # the inverse of how much large weights cost
Floats = NDArray[np.float64]


class IntentReader:
    """P(intent) of clauses whose names are masked: a multinomial logit on meaning and spelling.

    Its features are the clause's sentence embedding, its words and pairs of them, and its letters, three and four at a
    time. All constants were chosen by cross-validation among the examples (.88 right). A language is learnt by writing
    examples; the embeddings of these are kept in the folder `kept`, if any, since they cost seconds.
    """

    def __init__(
        self,
        language: Language,
        encode: Callable[[Sequence[str]], Vectors],
        kept: Path | None = None,
    ) -> None:
        self._texts = [text for intent in INTENTS for text in language.lists("intents")[intent]]
        self._intents = [intent for intent in INTENTS for _ in language.lists("intents")[intent]]
        self._encode, self._kept = encode, kept

    def read(self, clauses: Sequence[str]) -> Floats:
        """Log P(intent), float64 [clauses, intents], in the order of `INTENTS`."""
        spelt, model = self._model
        order = [list(model.classes_).index(intent) for intent in INTENTS]
        found: Floats = model.predict_log_proba(_features(self._encode(clauses), spelt.transform(clauses)))[:, order]
        return found

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        """What turns texts into counts of words and letters, and the logit."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import FeatureUnion

        spelt = FeatureUnion(
            [
                ("words", TfidfVectorizer(analyzer=_words, binary=True, use_idf=False)),
                ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), binary=True, use_idf=False)),
            ]
        )
        features = _features(self._examples(), spelt.fit_transform(self._texts))
        return spelt, LogisticRegression(C=STRENGTH, max_iter=500).fit(features, self._intents)

    def _examples(self) -> Vectors:
        """The examples' embeddings, float32 [examples, width]."""
        if not self._kept:
            return self._encode(self._texts)
        file = self._kept / f"{hashlib.sha256(repr(self._texts).encode()).hexdigest()[:16]}.npy"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, self._encode(self._texts))
        found: Vectors = np.load(file)
        return found


def _words(text: str) -> list[str]:
    """Words, and pairs of them, where a text begins and ends too."""
    words = ["^", *plain_words(text), "$"]
    return [*words[1:-1], *map(" ".join, zip(words, words[1:], strict=False))]


def _features(meaning: Vectors, spelling: Any) -> Any:
    from scipy.sparse import csr_array, hstack

    return hstack([MEANING * csr_array(meaning), SPELLING * spelling]).tocsr()
