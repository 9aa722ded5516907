"""Short names for topics: the words that one topic's items have and the others' have not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from interests.topics import Topics

Vectors = NDArray[np.float32]
LEADING, LEAST = 20, 1e-12


def class_tf_idf(topics: Topics, words: Sequence[Sequence[str]]) -> list[Mapping[str, float]]:
    """How telling each word is of each topic: its share there times ln(1 + A / f), c-TF-IDF (Grootendorst 2022).

    `words` are those of each item; f is how often a word occurs in all topics, A how many words a topic has on average.
    """
    bags: list[Counter[str]] = [Counter() for _ in topics.names]
    rows = topics.mass.tocoo()
    for item, topic, share in zip(rows.row.tolist(), rows.col.tolist(), rows.data.tolist(), strict=True):
        for word in words[item]:
            bags[topic][word] += share
    everywhere: Counter[str] = Counter()
    for bag in bags:
        everywhere.update(bag)
    average = sum(everywhere.values()) / max(1, len(bags))
    totals = [max(sum(bag.values()), 1e-9) for bag in bags]
    return [
        {word: count / total * float(np.log1p(average / everywhere[word])) for word, count in bag.items()}
        for bag, total in zip(bags, totals, strict=True)
    ]


def nearest_words(
    telling: Sequence[Mapping[str, float]], middles: Vectors, embed: Callable[[Sequence[str]], Vectors]
) -> list[Mapping[str, float]]:
    """The `LEADING` most telling words of each topic, weighed by what they mean too (as KeyBERT, Grootendorst 2020).

    A word counts the root of what it tells, times the cosine of its embedding with what the middle of its topic,
    float32 [topics, width], has beyond all middles'; one that points elsewhere is left out.
    """
    own = middles - middles.mean(axis=0)
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), LEAST)
    found: list[Mapping[str, float]] = []
    for words, direction in zip(telling, own, strict=True):
        leading = sorted(words, key=lambda word: (-words[word], word))[:LEADING]
        near = embed(leading) @ direction if leading else []
        weighed = {word: words[word] ** 0.5 * float(one) for word, one in zip(leading, near, strict=True)}
        found.append({word: weight for word, weight in weighed.items() if weight > 0})
    return found


def distinct_names(telling: Sequence[Mapping[str, float]], most: int = 3) -> tuple[str, ...]:
    """A name for each topic from its most telling words, no two alike: as many words as it takes, `most` at the most.

    A topic without words, and one that even so is called like another, gets its number too.
    """
    leading = [sorted(words, key=lambda word: (-words[word], word))[:most] for words in telling]
    found = [""] * len(leading)
    for length in range(1, most + 1):
        taken = Counter(name for name in found if name)
        tried = [", ".join(words[:length]) for words in leading]
        counts = Counter(name for name, known in zip(tried, found, strict=True) if not known and name)
        for place, name in enumerate(tried):
            if not found[place] and counts[name] == 1 and not taken[name]:
                found[place] = name
    return tuple(
        name or ", ".join([*words[:1], f"topic {place + 1}"])
        for place, (name, words) in enumerate(zip(found, leading, strict=True))
    )


def typical(topics: Topics, closeness: NDArray[np.floating], count: int = 5) -> list[NDArray[np.int64]]:
    """The places of the `count` items that stand for each topic best, by `closeness`, float [items, topics]."""
    held = np.where(topics.mass.toarray() > 0, closeness, -np.inf)
    order = np.argsort(-held, axis=0, kind="stable")
    sizes = np.isfinite(held).sum(axis=0)
    return [order[: min(count, size), topic] for topic, size in enumerate(sizes.tolist())]
