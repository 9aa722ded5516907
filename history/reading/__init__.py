"""Events, items and triples out of files: CSV, TSV, JSONL, Parquet, RecBole, MovieLens; plain, gzip, or in a zip."""

from history.reading.events import read_events
from history.reading.items import read_items
from history.reading.layouts import DatasetFiles, find_dataset
from history.reading.relations import read_relations
from history.reading.rows import ReadOptions, Skipped
from history.reading.sources import Source

__all__ = [
    "DatasetFiles",
    "ReadOptions",
    "Skipped",
    "Source",
    "find_dataset",
    "read_events",
    "read_items",
    "read_relations",
]
