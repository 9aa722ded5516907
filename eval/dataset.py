"""A fetched data set in a store of its own, beside the home's."""

from __future__ import annotations

from dataclasses import replace

from agent.resources import Resources
from history.importing import import_dataset
from history.reading import ReadOptions, Skipped, find_dataset
from workspace.assets import asset_folder, find_asset
from workspace.errors import UsageError


def with_dataset(resources: Resources, name: str) -> Resources:
    """The same models over the events of a fetched data set, imported once into a store of its own.

    Raises:
        UsageError: it names a model.
    """
    if find_asset(name).kind != "data":
        raise UsageError(f"--dataset {name!r} is a model; name a data set, such as movielens-100k")
    store = f"sqlite:///{resources.home.datasets / name}.db"
    found = replace(resources, settings=resources.settings.model_copy(update={"store": store}))
    if not found.store.event_count():
        import_dataset(found.store, find_dataset([asset_folder(resources.home, name)]), ReadOptions(), Skipped())
    return found
