"""`foretaste doctor`: what is installed, what is missing or clashes, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import typer

from workspace.errors import ForetasteError
from workspace.home import Home

if TYPE_CHECKING:
    from agent.knowledge import Knowledge
    from agent.resources import Resources

PACKAGES = ("torch", "transformers", "bitsandbytes", "sentence-transformers", "faiss-cpu", "faiss-gpu")
Finding = tuple[bool, str]


def command(context: typer.Context) -> None:
    """Check packages, models, data and what was fitted. Example: foretaste doctor"""
    bad = 0
    for good, text in [*_packages(), *_assets(context.obj), *_data(context.obj)]:
        bad += not good
        typer.secho("ok   " if good else "look ", fg="green" if good else "yellow", nl=False)
        typer.echo(text)
    raise typer.Exit(1 if bad else 0)


def _packages() -> Iterator[Finding]:
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            if not name.startswith("faiss"):
                yield False, f"{name} is missing; run: make setup"
    yield from ((True, f"{name} {number}") for name, number in found.items())
    if {"faiss-cpu", "faiss-gpu"} <= found.keys():
        yield (
            False,
            "faiss-cpu and faiss-gpu overwrite each other: pip uninstall both, then install the one that you want",
        )
    elif not {"faiss-cpu", "faiss-gpu"} & found.keys():
        yield False, "faiss is missing; run: make setup (FAISS=gpu for the GPU build)"


def _assets(home: Home) -> Iterator[Finding]:
    from workspace.assets import asset_folder, load_assets, verify

    for name in load_assets():
        try:
            verify(asset_folder(home, name))
            yield True, f"{name} is fetched and whole"
        except ForetasteError as error:
            yield False, str(error)


def _data(home: Home) -> Iterator[Finding]:
    from agent.knowledge import Knowledge
    from agent.resources import Resources

    try:
        knowledge = Knowledge(Resources.at(home))
    except (ForetasteError, ImportError) as error:
        yield False, str(error)
        return
    yield True, f"{knowledge.store.event_count():,} events, {len(knowledge.catalogue):,} items, fitted"
    yield True, _precision(knowledge.resources)
    yield from _adapter(knowledge)
    weight = knowledge.language_weight
    model = f"{knowledge.settings.model} ({knowledge.resources.precision}, {knowledge.settings.readout})"
    if not weight.targets:
        yield False, f"{model} was never measured on this data; run: foretaste fit"
    elif weight.weight:
        yield True, f"{model} earns its place: weight {weight.weight:.3f}, {weight.gain:+.3f} nats a target"
    else:
        yield (
            True,
            (
                f"{model} does not help to rank this data (best gain {weight.gain:+.3f} nats on {weight.targets} "
                "targets, not significant): its weight is 0"
            ),
        )


def _adapter(knowledge: Knowledge) -> Iterator[Finding]:
    """The promoted adapter, if there is one, and what it is worth."""
    try:
        versions = knowledge.resources.adapters.promoted()
        tuned = knowledge.tuned
    except (ForetasteError, ImportError) as error:
        yield False, str(error)
        return
    for one in versions:
        if not tuned:
            yield True, f"the adapter {one.card.name} was measured to add nothing: it is not asked"
            continue
        found = one.card.measured[knowledge.resources.precision]
        gain = f"{found.fused - found.retrieval:+.3f} nats on {found.targets:,} targets"
        yield True, f"the adapter {one.card.name} ranks beside the retriever: {gain}"


def _precision(resources: Resources) -> str:
    """The precision in use, and where it was chosen here, how fast each one is."""
    if resources.settings.precision != "auto":
        return f"precision {resources.precision}"
    try:
        rates = resources.speeds()
    except ForetasteError:  # no model: said above
        rates = {}
    told = ", ".join(f"{name} {rate:,.0f}" if rate else f"{name} does not run" for name, rate in rates.items())
    return f"precision {resources.precision} (auto; tokens a second here: {told or 'not measured'})"
