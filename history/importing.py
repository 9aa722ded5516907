"""A data set's files into the store."""

from __future__ import annotations

from itertools import chain

from history.reading import DatasetFiles, ReadOptions, Skipped, read_events, read_items, read_relations
from history.store import Store, Stored


def import_dataset(store: Store, files: DatasetFiles, options: ReadOptions, skipped: Skipped) -> Stored:
    """Read all files of a data set into the store, in one transaction.

    Raises:
        DataError: a file is damaged, or a row is bad under `--on-error stop`; nothing is kept.
        StoreError: the database refused; nothing is kept.
    """
    return store.add(
        chain.from_iterable(read_items(source, options, skipped) for source in files.items),
        chain.from_iterable(read_events(source, options, skipped) for source in files.events),
        read_relations(files, options, skipped),
        order_only=options.order_only if files.events else None,
    )
