"""The home's items with clusters for categories: `python -m eval.clustered ITEMS.csv [--clusters 16]`.

To import beside the same events into a home of its own: what is forecast there is the next cluster of titles that mean
something alike, as where a catalogue has no categories. Clusters are made of texts alone, without any event.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from agent.resources import Resources
from retrieval.clusters import centres, nearest
from workspace.home import Home


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description="The home's items with clusters for categories.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--clusters", type=int, default=16)
    told = parser.parse_args()
    resources = Resources.at(Home.at())
    items = list(resources.store.catalogue().values())
    texts = resources.encoder.encode([item.title for item in items])
    places = nearest(texts, centres(texts, told.clusters))
    rows = [
        (item.item_id, item.title, f"cluster {place}", item.year)
        for item, place in zip(items, places.tolist(), strict=True)
    ]
    pl.DataFrame(rows, ["item_id", "title", "category", "year"], orient="row").write_csv(told.file)
    print(f"{len(items):,} items in {told.clusters} clusters")  # noqa: T201


if __name__ == "__main__":
    main()
