"""Settings chosen on validation: so many short runs, each with others, proposed by Optuna from what came before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

from tuning.lesson import Lesson
from tuning.options import TuneOptions
from tuning.run import run_training
from tuning.trainer import processes
from workspace.errors import ForetasteError, NotReady, UsageError

STUDY = "search.log"


def search(lesson: Lesson, trials: int) -> TuneOptions:
    """The settings of the best of `trials` runs, by the mean log-likelihood of validation in the sum with retrieval.

    Every run takes as long as the lesson's options say. What was tried is kept in the home: a search that was stopped
    goes on, and the same search asked for again with more trials takes over those that came to an end. The shape of an
    adapter to start from stays.

    Raises:
        NotReady: optuna is not installed.
        UsageError: several processes train together, or the start has seen validation.
        DataError: there is too little to learn from.
        ForetasteError: no run came to an end.
    """
    try:
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalStorage
    except ImportError as error:
        raise NotReady("--search needs optuna: pip install 'foretaste[search]'") from error
    if processes().num_processes > 1:
        raise UsageError("--search proposes one run after the other: search in one process, then tune in several")
    if lesson.goes_on:
        raise UsageError(
            f"{lesson.options.start!r} has seen validation, by which a search would choose; tune from another"
        )
    lesson.prepare()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder = lesson.resources.home.runs / "tune" / f"search-{lesson.digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(folder / STUDY)))
    study = optuna.create_study(storage=storage, study_name="search", direction="maximize", load_if_exists=True)
    # From its seed alone the sampler of a search that goes on would propose again what was tried.
    study.sampler = optuna.samplers.TPESampler(seed=lesson.options.seed + len(study.trials))
    done = [trial for trial in study.trials if trial.value is not None]

    def best_look(trial: Any) -> float:
        tried = replace(lesson, options=proposed(lesson.options, trial))
        run = folder / f"trial-{trial.number}"
        try:
            return run_training(tried, run).best
        finally:
            shutil.rmtree(run, ignore_errors=True)

    study.optimize(best_look, n_trials=max(0, trials - len(done)), catch=ForetasteError)
    if not any(trial.value is not None for trial in study.trials):
        raise ForetasteError(
            f"none of {trials} runs came to an end; see {folder / STUDY}, or search with a lower --rate"
        )
    return proposed(lesson.options, study.best_trial)


def proposed(options: TuneOptions, trial: Any) -> TuneOptions:
    """What a trial is to be run with, or was; the rest stays as it was."""
    return replace(
        options,
        rate=trial.suggest_float("rate", options.rate / 10, options.rate * 3, log=True),
        head_rate=trial.suggest_float("head_rate", options.head_rate / 10, options.head_rate * 3, log=True),
        rank=options.rank if options.start else trial.suggest_categorical("rank", (4, 8, 16, 32)),
        dropped=trial.suggest_float("dropped", 0.0, 0.5),
        hidden=trial.suggest_float("hidden", 0.0, 0.5),
        dropout=trial.suggest_float("dropout", 0.0, 0.5),
    )
