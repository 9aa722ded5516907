"""`evaluate`: split, fit, ask, judge, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.options import Recipe
from agent.resources import Resources
from eval.answers import HEADLINE, Answers, Judge
from eval.choosing import best
from eval.comparisons import Comparison, compare
from eval.fitted import digest, fit_or_read, run_folder
from eval.interactions import Interactions, k_core, read_interactions
from eval.lineup import GRIDS, WITHOUT_NETWORKS, Scene, build
from eval.protocols.cold_items import cold_items
from eval.protocols.everything import everything
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Split, descending, on_few_users, sampled
from eval.protocols.subset20 import subset20
from eval.results import Results, user_values
from eval.summary import summarise
from eval.systems import System
from workspace.errors import DataError, UsageError
from workspace.home import Home

PROTOCOLS: Mapping[str, Callable[[Interactions, int], Split]] = {
    "leave-one-out": leave_one_out,
    "prequential": prequential,
    "subset20": subset20,
    "cold-items": cold_items,
    "everything": everything,
}

COMPARED = {HEADLINE: False, "topic_logloss": True}  # metrics, and whether less is better


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What may be chosen: 0 leaves the k-core out, fits on all users, predicts every target.

    `descending` keeps only targets that an order by id would not give away; `choose` chooses the settings of systems
    that have a grid on validation, instead of those chosen on MovieLens-100K; `mask_titles` lets the language model
    read invented names; `resume` takes over the answers of systems that an earlier run finished; `recipe` is how long
    the retrieval is trained; `adapter` is the one to measure, the newest where it is left out; `out` is the folder to
    write to, None for none.
    """

    dataset: str = ""
    k_core: int = 0
    train_users: int = 0
    sample: int = 0
    seed: int = 0
    choose: bool = False
    mask_titles: bool = False
    descending: bool = False
    resume: bool = False
    recipe: Recipe = Recipe.full
    adapter: str = ""
    out: Path | None = None


def evaluate(
    resources: Resources,
    protocol: str,
    systems: Sequence[str] = WITHOUT_NETWORKS,
    options: EvaluateOptions | None = None,
) -> Results:
    """Measure the named systems on the home's events under one protocol.

    Raises:
        UsageError: unknown protocol or system (the message lists the known ones), or a protocol that these data refuse.
        DataError: the protocol finds nothing to predict.
        ForetasteError: a system's scores are not numbers.
    """
    options = options or EvaluateOptions()
    scene = Scene(resources, protocol, options.seed, options.mask_titles, options.recipe, options.adapter)
    named = {name: build(name, scene) for name in systems}
    judge = Judge(_with_targets(split_of(resources, protocol, options), resources.home))
    if options.choose:
        named |= {name: best([make() for make in GRIDS[name]], judge.split, name) for name in named if name in GRIDS}
    answers = {name: _answers(resources.home, name, system, judge, options) for name, system in named.items()}
    results = Results(
        dataset=options.dataset,
        split=judge.split,
        seed=options.seed,
        settings={name: repr(system) for name, system in named.items()},
        answers=answers,
        systems={name: summarise(found, judge, options.seed) for name, found in answers.items()},
        comparisons=_comparisons(judge.split, answers, options.seed),
    )
    if options.out:
        from eval.report import write_report

        results.write(options.out)
        write_report(results, options.out)
    return results


def split_of(resources: Resources, protocol: str, options: EvaluateOptions) -> Split:
    """The split of the home's events that `protocol` and `options` name.

    Raises:
        UsageError: unknown protocol, or one that these data refuse.
    """
    if protocol not in PROTOCOLS:
        raise UsageError(f"unknown protocol {protocol!r}; known: {', '.join(PROTOCOLS)}")
    interactions = read_interactions(resources.store)
    if options.k_core:
        interactions = k_core(interactions, options.k_core)
    split = PROTOCOLS[protocol](interactions, options.seed)
    if options.train_users:
        split = on_few_users(split, options.train_users, options.seed)
    if options.descending:
        split = descending(split)
    if options.sample:
        split = sampled(split, options.sample, options.seed)
    return split


def _with_targets(split: Split, home: Home) -> Split:
    if not split.test.cases:
        raise DataError(
            f"{split.protocol} finds no target among {len(split.test.events):,} events on known items in {home.root}: "
            "users have too few of them; import more events or the items, or choose another --protocol"
        )
    return split


def _answers(home: Home, name: str, system: System, judge: Judge, options: EvaluateOptions) -> Answers:
    split = judge.split
    file = run_folder(home, split) / split.split_hash[:12] / f"{name}-{digest(system)}.npz"
    if options.resume and file.is_file():
        return Answers.load(file)
    start = time.perf_counter()
    fit_or_read(home, name, system, split)
    found = judge.judge(name, system, time.perf_counter() - start)
    found.save(file)
    return found


def _comparisons(split: Split, answers: Mapping[str, Answers], seed: int) -> list[Comparison]:
    users = np.array([case.user for case in split.test.cases])
    found = []
    for metric, less in COMPARED.items():
        known = {name: one.metrics[metric] for name, one in answers.items() if metric in one.metrics}
        values = {name: user_values(users, each) for name, each in known.items()}
        found += compare(metric, values, seed, less)
    return found
