"""What people might say in place of a mark: made-up titles and people, years, numbers and places."""

from __future__ import annotations

import re

import numpy as np

from agent.chat.language import Language
from tuning.made_facts import made_title

_FIRSTS = """
Anna Boris Carla Dmitri Elena Farid Greta Hugo Ines Jonas Katya Lars Mira Nadia Oskar Petra Quentin Rosa Stefan Tara
Ulla Viktor Wanda Yusuf Zelda Amara Bruno Chidi Dolores Emre Fiona Goran
"""
_LASTS = """
Abara Bergstrom Castellan Dovzhenko Ekholm Fairweather Goldwyn Harrowgate Ibanez Jankowski Kowalczyk Lindqvist Marchetti
Nakamura Okonkwo Pemberton Quigley Rasmussen Sandoval Thackeray Underhill Vasquez Winterbourne Yamada
Zielinski Ashdown Blackwood
"""
FIRSTS, LASTS = _FIRSTS.split(), _LASTS.split()
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty")
DECADES = ("fifties", "sixties", "seventies", "eighties", "nineties")
COMMON, MISSPELT = 0.12, 0.1
LONG_WORD = re.compile(r"[a-z]{5,}")


def title(generator: np.random.Generator, language: Language) -> str:
    """A made-up title; now and then a common word, such as some titles are."""
    if generator.random() < COMMON:
        return str(generator.choice([word for word in language.words("common") if len(word) > 1])).capitalize()
    return made_title(generator)


def person(generator: np.random.Generator) -> str:
    """Two names."""
    return f"{generator.choice(FIRSTS)} {generator.choice(LASTS)}"


def years(generator: np.random.Generator, bounded: bool) -> str:
    """Years or a span of years; where a preposition stands before, `bounded`, without one of its own."""
    year = int(generator.integers(1925, 2024))
    decade = int(generator.integers(193, 202)) * 10
    plain = (
        str(year),
        f"the {generator.choice(DECADES)}",
        f"the {decade % 100:02}s",
        f"the {decade}s",
        f"the {generator.choice(('early', 'late', 'mid'))} {generator.choice(DECADES)}",
        f"{decade % 100:02}s",
    )
    spans = (
        f"before {year}",
        f"after {year}",
        f"since {decade}",
        f"older than {year}",
        f"newer than {year}",
        f"pre-{year}",
        f"from {year} on",
        f"between {decade} and {decade + int(generator.integers(2, 30))}",
        f"{decade}-{decade + 9}",
        f"before the {generator.choice(DECADES)}",
    )
    chosen = plain if bounded or generator.random() < 0.4 else spans
    return str(generator.choice(chosen))


def count(generator: np.random.Generator) -> str:
    """How many, in digits or words."""
    place = int(generator.integers(len(WORDS) - 2))
    return WORDS[place] if generator.random() < 0.5 else str(place + 1)


def rating(generator: np.random.Generator) -> str:
    """A score and its scale."""
    stars, points = int(generator.integers(1, 6)), int(generator.integers(1, 11))
    forms = (f"{stars} stars", f"{WORDS[stars - 1]} stars", f"{points}/10", f"{points} out of 10", f"{stars}/5")
    return str(generator.choice((*forms, f"{WORDS[points - 1]} out of ten", f"{points}/10")))


def places(generator: np.random.Generator, before: str) -> str:
    """A place in a list or two, as it is said behind what stands `before`."""
    place = int(generator.integers(1, 6))
    if re.search(r"(number|no\.?|nr\.?|#|option|film|item)\s*$", before, re.IGNORECASE):
        return str(place)
    ordinal = ("first", "second", "third", "fourth", "fifth")[place - 1]
    forms = (
        f"the {ordinal} one",
        f"the {ordinal}",
        f"the {ordinal} one",
        f"number {place}",
        f"number {WORDS[place - 1]}",
    )
    said = str(generator.choice((*forms, "the last one", "the last", f"the first {WORDS[max(place, 2) - 1]}")))
    return said.removeprefix("the ") if re.search(r"\bthe\s*$", before, re.IGNORECASE) else said


def misspelt(generator: np.random.Generator, text: str) -> str:
    """A text in which two letters are swapped, or one is missing, if it is long."""
    if len(text) < 7 or generator.random() >= MISSPELT:
        return text
    return _slipped(generator, text)


def mistyped(generator: np.random.Generator, text: str) -> str:
    """The same of one word in ten: of those that are no names, and long enough to be known again."""
    return LONG_WORD.sub(lambda word: _slipped(generator, word[0]) if generator.random() < MISSPELT else word[0], text)


def _slipped(generator: np.random.Generator, text: str) -> str:
    place = int(generator.integers(1, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return swapped if generator.random() < 0.6 else text[:place] + text[place + 1 :]
