"""From a model's name in the settings to what a library can load."""

from __future__ import annotations

from pathlib import Path

from workspace.assets import asset_folder, load_assets, verify
from workspace.home import Home


def model_source(home: Home, name: str) -> Path | str:
    """The folder of a fetched model, its checksums verified; else the local folder `name`; else the hub's `name`.

    Raises:
        NotReady: it is one of ours and was not fetched.
        DamagedArtefact: a file is not what was fetched.
    """
    if name in load_assets():
        folder = asset_folder(home, name)
        verify(folder)
        return folder
    local = Path(name).expanduser()
    return local if local.is_dir() else name
