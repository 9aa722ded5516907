"""Does a service stand its load? `python -m eval.load [--rates 20] [--seconds 60] [--llm]`, after a fit.

Starts `foretaste serve` and asks it for lists of users of the store, so many a second as each of `--rates` says, at
moments drawn at random (or `--even` ones), whether or not the earlier ones were answered; latencies count from these
moments. With `--llm` the language model has its say, about a few users whose histories it has read. Prints a row a
rate: `--rates 2,20,2` shows what ten times too much does, and what is left of that; `--rates 10,10,10 --seconds 600`
whether memory grows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import numpy as np
import psutil
from numpy.typing import NDArray

from agent.resources import Resources
from workspace.home import Home

LIST = "/v1/recommend?user={user}&k=10&rationale={reasons}&llm={llm}"
WARM = 16  # users whose histories the language model has read
REST = 10.0  # seconds between two rates
MEBI = 2**20
COLUMNS = (
    "asked a second",
    "answered a second",
    "refused",
    "degraded",
    "p50, ms",
    "p95",
    "p99",
    "refusals' p99",
    "MiB",
    "files",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, when it came after the moment it was asked for, and whether it was degraded."""

    status: int
    seconds: float
    degraded: bool


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Does a service stand its load?")
    parser.add_argument("--rates", default="20", help="requests a second, one row each")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each row")
    parser.add_argument("--llm", action="store_true", help="lists in which the language model has its say")
    parser.add_argument("--reasons", action="store_true", help="lists with reasons")
    parser.add_argument("--even", action="store_true", help="at even distances, not independent of each other")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    generator, home = np.random.default_rng(told.seed), Home.at()
    users = Resources.at(home).store.user_ids()
    asked = generator.permutation(users)[: WARM if told.llm else len(users)].tolist()
    paths = [LIST.format(user=user, reasons=told.reasons, llm=told.llm).lower() for user in asked]
    rates = [float(rate) for rate in told.rates.split(",")]
    with served() as (address, process):
        asyncio.run(report(address, process, paths, rates, told.seconds, told.even))


@contextmanager
def served() -> Iterator[tuple[str, psutil.Process]]:
    """A service of the home that limits nobody: where it listens, and its process."""
    command = [sys.executable, "-m", "serving.cli.main", "serve", "--port", "0", "--rate", "1e6", "--burst", "1000000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stderr
    address = process.stderr.readline().strip()
    threading.Thread(target=process.stderr.read, daemon=True).start()  # so that it never waits for a reader
    if not address.startswith("http"):
        raise SystemExit(address)
    try:
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


async def report(
    address: str, process: psutil.Process, paths: Sequence[str], rates: Sequence[float], seconds: float, even: bool
) -> None:
    """Ask at one rate after another, and print a row for each."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")  # noqa: T201
    async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=120.0) as client:
        while (await client.get("/ready")).status_code != 200:
            await asyncio.sleep(0.5)
        for path in paths[:WARM]:
            await client.get(path)
        for number, rate in enumerate(rates):
            generator = np.random.default_rng(number)
            gaps = np.full(int(2 * rate * seconds) + 20, 1 / rate)
            moments = np.cumsum(gaps if even else generator.exponential(gaps))
            answers = await drive(client, paths, moments[moments < seconds], generator)
            print(row(rate, seconds, answers, process), flush=True)  # noqa: T201
            await asyncio.sleep(REST)


async def drive(
    client: httpx2.AsyncClient, paths: Sequence[str], moments: NDArray[np.float64], generator: np.random.Generator
) -> list[Answer]:
    """The answers to requests for random `paths` at these moments, in seconds from now."""
    begun = time.perf_counter()
    asked = []
    for moment in moments.tolist():
        await asyncio.sleep(max(begun + moment - time.perf_counter(), 0.0))
        path = paths[int(generator.integers(len(paths)))]
        asked.append(asyncio.create_task(_ask(client, path, begun + moment)))
    return await asyncio.gather(*asked)


async def _ask(client: httpx2.AsyncClient, path: str, moment: float) -> Answer:
    found = await client.get(path)
    degraded = found.status_code == 200 and found.json()["degraded"]
    return Answer(found.status_code, time.perf_counter() - moment, degraded)


def row(rate: float, seconds: float, answers: Sequence[Answer], process: psutil.Process) -> str:
    """What came of one rate, and how much memory and how many open files the service has after it."""
    took = np.array([one.seconds for one in answers if one.status == 200]) * 1e3
    refused = np.array([one.seconds for one in answers if one.status in (429, 503)]) * 1e3
    degraded = sum(one.degraded for one in answers) / max(len(answers), 1)
    failed = len(answers) - len(took) - len(refused)
    spread = [f"{np.percentile(took, share):.0f}" if len(took) else "" for share in (50, 95, 99)]
    late = f"{np.percentile(refused, 99):.0f}" if len(refused) else ""
    cells = [
        f"{rate:g}",
        f"{len(took) / seconds:.2f}",
        f"{len(refused) / max(len(answers), 1):.1%}" + (f", {failed} failed" if failed else ""),
        f"{degraded:.1%}",
        *spread,
        late,
        f"{process.memory_info().rss / MEBI:.0f}",
        str(process.num_fds()),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
