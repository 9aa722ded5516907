"""Memory control: every title replaced by a stable meaningless name."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from history.catalogue import Catalogue

BEGINNINGS = ("Ba", "Do", "Fe", "Gu", "Ki", "La", "Mo", "Ne", "Pu", "Ri", "So", "Ta", "Vu", "We", "Ya", "Zo")
ENDINGS = (
    "bran",
    "cor",
    "dil",
    "fen",
    "gant",
    "hol",
    "kam",
    "lis",
    "mur",
    "nex",
    "pol",
    "rin",
    "sat",
    "tov",
    "vel",
    "wick",
)


def masked(catalogue: Catalogue) -> Catalogue:
    """The catalogue as one sees it who has never heard of its items; ids, years and categories stay.

    The name depends on the id alone, so that it is the same in every prompt and every run. What is left of a score is
    what it rests on besides the memory of titles; descriptions and facets, which could name them, are left out.
    """
    return Catalogue(
        replace(item, title=invented_name(item.item_id), description="", facets={}) for item in catalogue.values()
    )


def invented_name(item_id: str) -> str:
    """Two words of two syllables each, by the SHA-256 of the id: "Kimur Tapol"."""
    digest = hashlib.sha256(item_id.encode()).digest()
    syllables = (BEGINNINGS, ENDINGS, BEGINNINGS, ENDINGS)
    first, second, third, fourth = (part[byte % 16] for part, byte in zip(syllables, digest, strict=False))
    return f"{first}{second} {third}{fourth}"
