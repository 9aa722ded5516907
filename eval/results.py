"""What an evaluation found, and how it is written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from eval.answers import Answers
from eval.comparisons import Comparison
from eval.interactions import Floats, Ints
from eval.intervals import Interval, user_means
from eval.protocols.split import Split
from eval.summary import NOT_AVERAGED
from eval.thin import Gain, gains
from workspace.errors import explained_disk_errors

JSON, PARQUET = "results.json", "per_user.parquet"


@dataclass(frozen=True)
class Results:
    """All of one evaluation: each system's settings, answers and figures, and how systems compare."""

    dataset: str
    split: Split
    seed: int
    settings: Mapping[str, str]
    answers: Mapping[str, Answers]
    systems: Mapping[str, Mapping[str, Interval]]
    comparisons: Sequence[Comparison]

    @cached_property
    def thin(self) -> list[Gain]:
        """What the systems gain over the retrieval where data are thin."""
        return gains(self.split, self.answers, self.seed)

    def to_json(self) -> str:
        """The contract's `results.json`, with what is needed to repeat the run; a figure not finite is null."""
        split = self.split
        content = {
            "protocol": split.protocol,
            "dataset": self.dataset,
            "split_hash": split.split_hash,
            "note": split.note,
            "seed": self.seed,
            "cut": split.cut,
            "targets": len(split.test.cases),
            "left_out": dict(split.test.events.left_out),
            "systems": {
                name: {metric: asdict(interval) for metric, interval in figures.items()}
                for name, figures in self.systems.items()
            },
            "comparisons": [
                {**asdict(comparison), "significant": comparison.significant} for comparison in self.comparisons
            ],
            "thin": [asdict(gain) for gain in self.thin],
            "settings": dict(self.settings),
            "fit_seconds": {name: answers.fit_seconds for name, answers in self.answers.items()},
        }
        return json.dumps(_finite(content), indent=2, allow_nan=False)

    def write(self, folder: Path) -> None:
        """Write `results.json` and `per_user.parquet`: one row a system and user, each metric the user's mean."""
        import polars

        with explained_disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / JSON).write_text(self.to_json())
            polars.DataFrame(self._rows(), infer_schema_length=None).write_parquet(folder / PARQUET)

    def _rows(self) -> list[dict[str, Any]]:
        users = np.array([case.user for case in self.split.test.cases])
        present, targets = np.unique(users, return_counts=True)
        user_ids = self.split.test.events.user_ids
        rows: list[dict[str, Any]] = []
        for system, answers in self.answers.items():
            means = {metric: user_values(users, values) for metric, values in answers.metrics.items()}
            for user, count in zip(present.tolist(), targets.tolist(), strict=True):
                figures = {metric: values.get(user) for metric, values in means.items() if metric not in NOT_AVERAGED}
                rows.append({"system": system, "user_id": user_ids[user], "targets": count, **figures})
        return rows


def user_values(users: Ints, values: Floats) -> dict[int, float]:
    """Each user's mean, by the user's place; users without a value are left out."""
    known, means = user_means(users, values)
    return dict(zip(known.tolist(), means.tolist(), strict=True))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
