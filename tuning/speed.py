"""How fast teaching is: `python -m tuning.speed [--steps 4] [--depth 0] [--protocol leave-one-out]`, after an import.

Training steps, forward, backward and update, of the same model on the same stretches of histories: read whole, with a
target after every event, and as others do it, one example a prompt, cut before each target; then with questions,
branches packed behind their history, and one prompt a candidate. Prints targets a second as Markdown; the ratios are of
one run on one machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from agent.options import Recipe
from agent.resources import Resources
from eval.evaluate import EvaluateOptions, split_of
from eval.lineup import Scene
from tuning.examples import Choice, Reading
from tuning.lesson import Lesson
from tuning.options import TuneOptions
from tuning.reader import Reader, collate
from tuning.run import reader_of
from workspace.home import Home
from workspace.progress import track


@dataclass(frozen=True, slots=True)
class Pace:
    """What some steps took: targets that were learnt from, tokens that were read, seconds."""

    way: str
    targets: int
    tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Targets a second."""
        return self.targets / self.seconds


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Training targets a second.")
    parser.add_argument("--protocol", default="leave-one-out")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--depth", type=int, default=0)
    options = parser.parse_args()
    resources = Resources.at(Home.at())
    split = split_of(resources, options.protocol, EvaluateOptions())
    told = TuneOptions(epochs=1, depth=options.depth, questions=2)
    retrieval = Scene(resources, options.protocol, recipe=Recipe.full).retrieval
    retrieval.fit(split)
    paces = measure(Lesson(resources, split, retrieval, told), options.steps)
    print("| way | targets | tokens a target | targets a second | packed is faster |\n|---|---|---|---|---|")  # noqa: T201
    for packed, other in (paces[:2], paces[2:]):
        for pace, ratio in ((packed, ""), (other, f"{packed.rate / other.rate:.1f} ×")):
            size = f"{pace.targets:,} | {pace.tokens / pace.targets:.0f}"
            print(f"| {pace.way} | {size} | {pace.rate:.1f} | {ratio} |")  # noqa: T201


def measure(lesson: Lesson, steps: int) -> list[Pace]:
    """Both ways to teach the head, then both to teach the branches."""
    drawn = np.random.default_rng(lesson.options.seed).permutation(len(lesson.plan))[:steps]
    asked = [reading for step in drawn for reading in lesson.plan[int(step)]]
    read = [replace(reading, choices=()) for reading in asked]
    reader = reader_of(lesson)
    budget, questions = lesson.options.tokens, sum(len(reading.choices) for reading in asked)
    single = [prompt for reading in read for prompt in prompts(reading)]
    apart = [prompt for reading in asked for prompt in candidates(reading)]
    return [
        _pace("a target after every event", reader, read, budget, len(single)),
        _pace("one example a prompt", reader, single, budget, len(single)),
        _pace("packed questions", reader, [_only_asked(one) for one in asked], budget, questions),
        _pace("one prompt a candidate", reader, apart, budget, questions),
    ]


def prompts(reading: Reading) -> list[Reading]:
    """The same targets, each behind a prompt of its own."""
    pairs = zip(reading.ends.tolist(), reading.targets.tolist(), strict=True)
    return [Reading(reading.ids[: end + 1], np.array([end]), np.array([target])) for end, target in pairs]


def candidates(reading: Reading) -> list[Reading]:
    """The same branches, each behind a prompt of its own."""
    found = []
    for choice in reading.choices:
        end = int(reading.ends[choice.place])
        alone = Reading(reading.ids[: end + 1], np.array([end]), reading.targets[[choice.place]])
        for branch, item in zip(choice.branches, choice.items, strict=True):
            found.append(replace(alone, choices=(Choice(0, choice.bridge, (branch,), item[None], np.zeros(1)),)))
    return found


def _only_asked(reading: Reading) -> Reading:
    """Nothing past the last event that is asked about need be read."""
    last = max((choice.place for choice in reading.choices), default=0)
    ends = reading.ends[: last + 1]
    return replace(reading, ids=reading.ids[: ends[-1] + 1], ends=ends, targets=reading.targets[: last + 1])


def _pace(way: str, reader: Reader, readings: Sequence[Reading], budget: int, targets: int) -> Pace:
    reader.train()
    optimizer = torch.optim.AdamW(reader.trained().values(), lr=1e-4)
    parts = _steps(sorted(readings, key=_tokens), budget)
    start = time.perf_counter()
    for part in track(parts, way, len(parts)):
        reader(collate(part))["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
    seconds = time.perf_counter() - start
    return Pace(way, targets, sum(map(_tokens, readings)), seconds)


def _tokens(reading: Reading) -> int:
    asked = sum(len(choice.bridge) + sum(map(len, choice.branches)) for choice in reading.choices)
    return len(reading.ids) + asked


def _steps(readings: Sequence[Reading], budget: int) -> list[list[Reading]]:
    """In batches of about so many tokens."""
    found: list[list[Reading]] = []
    for reading in readings:
        if not found or (len(found[-1]) + 1) * _tokens(reading) > budget:
            found.append([])
        found[-1].append(reading)
    return found


if __name__ == "__main__":
    main()
