"""What users say of their own interests, in plain words: it holds over what was inferred from what they did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from interests.topics import Topics

Kind = Literal["ban", "less", "more", "pin", "back"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# To which share of all chance a topic comes, from the one that was inferred.
WANTED: Mapping[Kind, Callable[[float], float]] = {
    "ban": lambda share: 0.0,
    "less": lambda share: share / 3,
    "more": lambda share: share + (1 - share) / 5,
    "pin": lambda share: share + (1 - share) / 2,
}
# The words that begin a clause, of which the longest counts; a clause without any goes on with those before it.
WORDS: Mapping[str, Kind] = {
    "forget what i said about": "back",
    "take back": "back",
    "undo": "back",
    "not so much": "less",
    "not so many": "less",
    "a little less": "less",
    "hardly any": "less",
    "not as much": "less",
    "i am tired of": "less",
    "i'm tired of": "less",
    "less": "less",
    "fewer": "less",
    "little": "less",
    "few": "less",
    "i don't like": "less",
    "i do not like": "less",
    "no more": "ban",
    "not any": "ban",
    "stop showing": "ban",
    "never": "ban",
    "nothing": "ban",
    "without": "ban",
    "hide": "ban",
    "ban": "ban",
    "i hate": "ban",
    "not": "ban",
    "no": "ban",
    "always": "pin",
    "pin": "pin",
    "keep": "pin",
    "mostly": "pin",
    "more": "more",
    "add": "more",
    "also": "more",
    "lately": "more",
    "i like": "more",
    "i love": "more",
    "i want": "more",
}
IN_WORDS: Mapping[Kind, str] = {"ban": "no", "less": "less", "more": "more", "pin": "always some", "back": "take back"}
CLAUSES = re.compile(r"[;,.!\n]| and | but | or ")
CLOSE = 80.0  # of 100, how like a topic's name words must be


@dataclass(frozen=True, slots=True)
class Correction:
    """Of one topic, by its name: none of it (`ban`), `less`, `more`, always some (`pin`), or as if nothing was said."""

    kind: Kind
    topic: str


class UnknownTopic(ValueError):
    """Words that name no topic; `nearest` are those that they are most like."""

    def __init__(self, words: str, nearest: Sequence[str]) -> None:
        super().__init__(words)
        self.words, self.nearest = words, tuple(nearest)


def read_corrections(text: str, names: Sequence[str]) -> list[Correction]:
    """What a text says of the topics called `names`: "no horror, more comedy and drama; take back westerns".

    Raises:
        UnknownTopic: a clause names none of them, or says nothing of it.
    """
    found: list[Correction] = []
    kind: Kind | None = None
    for clause in CLAUSES.split(f" {text.lower()} "):
        words = " ".join(clause.split())
        if not words:
            continue
        begun = max((start for start in WORDS if f"{words} ".startswith(f"{start} ")), key=len, default="")
        kind = WORDS[begun] if begun else kind
        topic = words.removeprefix(begun).strip()
        if kind is None or not topic:
            raise UnknownTopic(words, _nearest(topic or words, names))
        found.append(Correction(kind, _topic(topic, names)))
    if not found:
        raise UnknownTopic(text.strip(), names[:3])
    return found


def written(correction: Correction) -> str:
    """A correction as it is kept: `read_written` reads it."""
    return f"{correction.kind}: {correction.topic}"


def read_written(texts: Iterable[str]) -> dict[str, Kind]:
    """What holds now, by topic: the last that was said of each, unless it was taken back. Other texts say nothing."""
    held: dict[str, Kind] = {}
    for text in texts:
        kind, _, topic = text.partition(": ")
        held.pop(topic, None)
        if kind in WANTED and topic:
            held[topic] = kind  # type: ignore[assignment]
    return held


def items_obeyed(p: NDArray[np.float64], topics: Topics, held: Mapping[str, Kind]) -> NDArray[np.float64]:
    """P(item), float64 [items], as what was said of topics has it: each topic's share comes to what is `WANTED`.

    Among the items with a topic, and among those without, the order stays. It sums to 1, or is all 0 where only banned
    items had a chance.
    """
    has = {name: topics.mass[:, [place]].toarray()[:, 0] > 0 for place, name in _held(topics, held)}
    return _obeyed(p, has, held)


def topics_obeyed(p: NDArray[np.float64], topics: Topics, held: Mapping[str, Kind]) -> NDArray[np.float64]:
    """The same of P(topic), float64 [topics]; the topics keep their shares where all that had any are banned."""
    places = np.arange(len(topics.names))
    found = _obeyed(p, {name: places == place for place, name in _held(topics, held)}, held)
    return found if found.any() else p


def banned(topics: Topics, held: Mapping[str, Kind]) -> NDArray[np.bool_]:
    """Which items have a banned topic, bool [items]."""
    places = [place for place, name in _held(topics, held) if held[name] == "ban"]
    found: NDArray[np.bool_] = topics.mass[:, places].sum(axis=1) > 0
    return found


def _held(topics: Topics, held: Mapping[str, Kind]) -> list[tuple[int, str]]:
    """Topics of which something was said; one that is no more is passed over."""
    return [(place, name) for place, name in enumerate(topics.names) if name in held]


def _obeyed(
    p: NDArray[np.float64], has: Mapping[str, NDArray[np.bool_]], held: Mapping[str, Kind]
) -> NDArray[np.float64]:
    for name, own in has.items():
        share, rest = float(p[own].sum()), float(p[~own].sum())  # 1 - share would lose a small rest
        if held[name] == "ban":
            p = np.where(own, 0.0, p / rest if rest > 0 else 0.0)
        elif share > 0 and rest > 0:
            wanted = min(WANTED[held[name]](share), 1.0)  # above 1 by rounding only
            p = np.where(own, p * (wanted / share), p * ((1 - wanted) / rest))
    return p


def _topic(words: str, names: Sequence[str]) -> str:
    cleaned = {name: name.lower() for name in names}
    said = words, _singular(words)
    alike = [process.extractOne(one, cleaned, scorer=fuzz.WRatio, score_cutoff=CLOSE) for one in said]
    matches = [match for match in alike if match]
    if not matches:
        raise UnknownTopic(words, _nearest(words, names))
    return str(max(matches, key=lambda match: match[1])[2])


def _singular(words: str) -> str:
    return f"{words[:-3]}y" if words.endswith("ies") else words.removesuffix("s")


def _nearest(words: str, names: Sequence[str]) -> list[str]:
    return [found for found, _, _ in process.extract(words, names, scorer=fuzz.WRatio, limit=3)]
