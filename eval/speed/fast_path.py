"""Whether the fast path costs quality: `python -m eval.speed.fast_path [--users 943] [--weight 0.1]`, after a fit.

For each user the last new item is put among the retriever's candidates for what came before it (the store's own fit has
seen it, so the figures can be compared with nothing else), and the model has a say in their order with a fixed weight.
Plain: the library's attention under a dense mask, one user at a time, nothing kept, every candidate read. Fast: blocks,
kept stems, users together, and only those candidates read that can still come among the first ten.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.fusion import LanguageWeight
from agent.knowledge import Knowledge
from agent.reranking import contenders, fuse_read
from agent.resources import Resources
from agent.scorer import Question
from engine.attention import NAME
from engine.stems import StemCache
from eval.intervals import bootstrap
from eval.metrics import mid_rank, ndcg
from history.splits import Target, last_target
from workspace.home import Home
from workspace.progress import track

K, TOGETHER, MEASURED = 10, 32, 64
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A target among candidates, the target first, and their log-probability."""

    target: Target
    item_ids: Sequence[str]
    log_p: Values


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Compare the fast path with the plain one.")
    parser.add_argument("--users", type=int, default=943)
    parser.add_argument("--weight", type=float, default=0.1)
    options = parser.parse_args()
    know = Knowledge(Resources.at(Home.at()))
    cases = [case for user in know.store.user_ids()[: options.users] if (case := _case(know, user))]
    start = time.process_time()
    plain = _plain(know, cases)
    between = time.process_time()
    weight = _weight(options.weight, plain[:MEASURED])
    fast, read = _fast(know, cases, weight)
    seconds = (between - start, time.process_time() - between)
    slow = [_ndcg(case, values, np.ones(len(values), bool), weight) for case, values in zip(cases, plain, strict=True)]
    lines = [f"{len(cases)} users, weight {weight.weight}, {know.resources.language_name}", ""]
    lines += ["| path | NDCG@10, 95 % interval | candidates read | CPU seconds |", "|---|---|---|---|"]
    lines += [f"| plain | {bootstrap(slow)} | 100 % | {seconds[0]:.0f} |"]
    lines += [f"| fast | {bootstrap(fast)} | {read:.0%} | {seconds[1]:.0f} |", ""]
    lines += [f"fast / plain: {np.mean(fast) / np.mean(slow):.4f}"]
    print("\n".join(lines))  # noqa: T201


def _case(know: Knowledge, user: str) -> Case | None:
    target = last_target(know.store.timeline(user), know.catalogue, know.domain.repeats)
    if target is None:
        return None
    log_p = know.retriever.log_probability(know.past(target.history), know.allowed(target.history, None))
    place = know.index.places[target.item_id]
    places = [place, *(one for one in know.retriever.top(log_p, know.settings.candidates).tolist() if one != place)]
    return Case(target, [know.index.item_ids[one] for one in places], log_p[places])


def _plain(know: Knowledge, cases: Sequence[Case]) -> list[Values]:
    know.engine.model.set_attn_implementation("sdpa")
    found = []
    for case in track(cases, "plain", len(cases)):
        know.engine.stems = StemCache(0)
        found.append(know.scorer.values(case.target.history, case.item_ids))
    know.engine.model.set_attn_implementation(NAME)
    return found


def _weight(weight: float, measured: Sequence[Values]) -> LanguageWeight:
    seen = np.concatenate(measured)
    return LanguageWeight(weight, weight, 0.0, len(measured), seen.min(), seen.max(), seen.mean())


def _fast(know: Knowledge, cases: Sequence[Case], weight: LanguageWeight) -> tuple[list[float], float]:
    """NDCG@10 of each case, and the share of the candidates that was read."""
    know.engine.stems = StemCache(2**29)
    found: list[float] = []
    read: list[float] = []
    for start in track(range(0, len(cases), TOGETHER), "fast", -(-len(cases) // TOGETHER)):
        part = cases[start : start + TOGETHER]
        chosen = [
            contenders(case.item_ids, case.log_p, weight, K, know.catalogue, know.domain.category_cap) for case in part
        ]
        ids = [list(np.array(case.item_ids)[mask]) for case, mask in zip(part, chosen, strict=True)]
        histories = [case.target.history for case in part]
        asked = [(one, [Question(len(one), names)]) for one, names in zip(histories, ids, strict=True)]
        for case, mask, ((values,), _) in zip(part, chosen, know.scorer.all_values(asked), strict=True):
            found.append(_ndcg(case, values, mask, weight))
            read.append(float(mask.mean()))
    return found, float(np.mean(read))


def _ndcg(case: Case, values: Values, was_read: NDArray[np.bool_], weight: LanguageWeight) -> float:
    return float(ndcg(mid_rank(fuse_read(case.log_p, values, was_read, weight), 0), K))


if __name__ == "__main__":
    main()
