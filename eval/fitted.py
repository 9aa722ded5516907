"""What a protocol fits is kept under the home's `runs/`, by its cut; what another cut made is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol, runtime_checkable

from eval.protocols.split import Split
from eval.systems import System, refuse_leak
from workspace.artefact import current, is_published, publish
from workspace.errors import NotReady
from workspace.home import Home


@runtime_checkable
class Keepable(Protocol):
    """A system whose fit takes long enough to be kept."""

    def write(self, folder: Path) -> None:
        """Keep what was fitted in `folder`."""
        ...

    def read(self, folder: Path, split: Split) -> None:
        """Take what was kept instead of fitting."""
        ...


def run_folder(home: Home, split: Split) -> Path:
    """Where all fits of this protocol and cut lie."""
    cut = "" if split.cut is None else f"-{split.cut:.0f}"
    return home.runs / f"{split.protocol}{cut}-{split.fit_hash[:12]}"


def fit_or_read(home: Home, name: str, system: System, split: Split) -> None:
    """Fit `system` on `split`, or take the fit that was kept.

    Raises:
        UsageError: the system looked at what it is to predict; see `refuse_leak`.
        NotReady: the kept fit was made for another cut.
        DamagedArtefact: it is damaged.
    """
    root = run_folder(home, split) / "fitted" / f"{name}-{digest(system)}"
    if isinstance(system, Keepable) and is_published(root):
        artefact = current(root, way_out := f"delete {root} and run the command again")
        refuse_other_cut(artefact.about, split, root, way_out)
        system.read(artefact.folder, split)
        return
    system.fit(split)
    refuse_leak(name, system.fitted_on, split)
    if isinstance(system, Keepable):
        publish(root, about_fit(system, split), system.write)


def about_fit(system: System, split: Split) -> dict[str, object]:
    """What a kept fit says of itself; `cut` is the time of the newest event that it saw."""
    newest = float(system.fitted_on.times.max()) if len(system.fitted_on) else None
    return {"system": repr(system), "protocol": split.protocol, "cut": newest, "fit_hash": split.fit_hash}


def refuse_other_cut(about: object, split: Split, root: Path, way_out: str) -> None:
    """Refuse a fit that saw anything at or after the cut, or that was made on other data.

    Raises:
        NotReady: so it is; the message names both cuts.
    """
    found = about if isinstance(about, dict) else {}
    newest = found.get("cut")
    if split.cut is not None and isinstance(newest, int | float) and newest >= split.cut:
        raise NotReady(
            f"the fit in {root} saw events up to time {newest:.0f}, past the cut of {split.protocol} at "
            f"{split.cut:.0f}; {way_out}"
        )
    if found.get("fit_hash") != split.fit_hash:
        raise NotReady(f"the fit in {root} was made on other events than {split.protocol} gives now; {way_out}")


def digest(system: System) -> str:
    """A short name for a system's settings."""
    return hashlib.sha256(repr(system).encode()).hexdigest()[:12]
