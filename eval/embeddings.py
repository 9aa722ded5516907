"""The catalogue's sentence embeddings, kept between runs: they read texts alone, so no cut can be broken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from agent.resources import Resources
from history.catalogue import Catalogue, item_text
from retrieval.encoder import Vectors
from workspace.artefact import current, is_published, publish

FILE = "vectors.npy"


def item_vectors(resources: Resources, catalogue: Catalogue) -> Vectors:
    """Unit vectors of the items' texts by the encoder in the settings, float32 [items, dimension]."""
    about = {"catalogue": catalogue.fingerprint(), "encoder": resources.settings.encoder}
    root = resources.home.runs / "embeddings" / hashlib.sha256(repr(about).encode()).hexdigest()[:16]

    def write(folder: Path) -> None:
        np.save(folder / FILE, resources.encoder.encode([item_text(item) for item in catalogue.values()]))

    if not is_published(root):
        publish(root, about, write)
    found: Vectors = np.load(current(root, f"delete {root} and run the command again").folder / FILE)
    return found
