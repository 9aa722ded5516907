"""Which precision is fastest on this machine: measured at first use, remembered in a small file."""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from logging import getLogger
from pathlib import Path
from statistics import median
from typing import Annotated

import torch
from pydantic import Field, TypeAdapter

from engine.loading import load_model
from workspace.errors import ModelError
from workspace.progress import track
from workspace.settings import Precision

TOKENS = 512  # of a pass that is timed
PASSES = 3
CPUINFO = Path("/proc/cpuinfo")
Rates = dict[Precision, Annotated[float, Field(ge=0, allow_inf_nan=False)]]  # tokens a second; 0: cannot be loaded
Speeds = TypeAdapter(dict[str, dict[str, Rates]])  # by machine, then by model
logger = getLogger(__name__)


def fastest(source: Path | str, among: Sequence[Precision], memory: Path, threads: int = 0) -> Precision:
    """The precision of `among` in which this machine reads most tokens a second.

    With one of them nothing is loaded. What the file `memory` does not know yet is measured and written there.

    Raises:
        ModelError: the model can be loaded in none of them.
    """
    if len(among) == 1:
        return among[0]
    rates = remembered(source, memory, threads)
    missing = [precision for precision in among if precision not in rates]
    if missing:
        rates |= _measured(source, missing)
    best = max(among, key=lambda precision: rates[precision])
    if not rates[best]:
        raise ModelError(f"the language model {str(source)!r} can be loaded in none of {', '.join(among)}")
    if missing:
        logger.info("the fastest precision here is %s; tokens a second: %s", best, rates)
        _remember(source, rates, memory)
    return best


def remembered(source: Path | str, memory: Path, threads: int = 0) -> Rates:
    """Tokens a second by precision, as they were measured on this machine with so many threads (0: all cores)."""
    if threads:
        torch.set_num_threads(threads)
    return _read(memory).get(machine(), {}).get(_model(source), {})


def tokens_per_second(source: Path | str, precision: Precision) -> float:
    """The rate of the median of a few passes over random tokens, after one to warm up."""
    model, _ = load_model(source, precision)
    count: int = min(TOKENS, model.config.max_position_embeddings)
    ids = torch.randint(model.config.vocab_size, (1, count), generator=torch.Generator().manual_seed(0))
    ids = ids.to(model.device)
    seconds = [_seconds(model.base_model, ids) for _ in range(1 + PASSES)]
    return count / median(seconds[1:])


@torch.inference_mode()
def _seconds(body: torch.nn.Module, ids: torch.Tensor) -> float:
    start = time.perf_counter()
    body(input_ids=ids, use_cache=False)
    if ids.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _measured(source: Path | str, precisions: Sequence[Precision]) -> Rates:
    """The rates, one after the other; each model is gone before the next one comes."""
    rates: Rates = {}
    for precision in track(precisions, "measuring which precision is fastest here", len(precisions)):
        try:
            rates[precision] = tokens_per_second(source, precision)
        except (ModelError, ImportError, RuntimeError, MemoryError) as error:
            rates[precision] = 0.0
            logger.warning("%s is left out, it does not run here: %s", precision, error)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return rates


def machine() -> str:
    """The processor, its threads and the libraries: what a rate depends on beside the model."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    cores = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    return f"{_processor()}, {cores}, torch {_version('torch')}, bitsandbytes {_version('bitsandbytes')}, {device}"


def _processor() -> str:
    lines = CPUINFO.read_text().splitlines() if CPUINFO.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _model(source: Path | str) -> str:
    return str(source.resolve() if isinstance(source, Path) else source)


def _read(memory: Path) -> dict[str, dict[str, Rates]]:
    """What is remembered of all machines; nothing where the file is missing, damaged or another's."""
    try:
        return Speeds.validate_json(memory.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logger.info("%s is measured anew: %s", memory, error)
        return {}


def _remember(source: Path | str, rates: Mapping[Precision, float], memory: Path) -> None:
    """Write the rates beside those of other machines and models, in one step."""
    speeds = _read(memory)
    speeds.setdefault(machine(), {})[_model(source)] = dict(rates)
    unfinished = memory.with_name(f"{memory.name}.{os.getpid()}")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(Speeds.dump_json(speeds, indent=2))
        os.replace(unfinished, memory)
    except OSError as error:
        # It is known for this run all the same; the next one measures again.
        logger.warning("the speed of each precision was not kept: %s", error)
        _forget(unfinished)


def _forget(unfinished: Path) -> None:
    try:
        unfinished.unlink(missing_ok=True)
    except OSError:
        logger.debug("%s stays", unfinished)
