"""The data card: what a run is taught from, in figures and in examples as the model reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.tokens import Tokens
from tuning.examples import UNKNOWN, Reading
from tuning.lesson import Lesson


def data_card(lesson: Lesson) -> dict[str, Any]:
    """What the training examples are made of; all from the events that come before validation.

    An event is a target of the reading head once an epoch, unless it is dropped; `cut` is the time of the last event.
    """
    plan, options, events = lesson.plan, lesson.options, lesson.split.validation.events
    first = [reading for step in range(plan.steps(0)) for reading in plan.readings(step)]
    return {
        "protocol": lesson.split.protocol,
        "fit_hash": lesson.split.fit_hash,
        "cut": float(events.times.max()),
        "histories": len(lesson.histories),
        "events": len(events),
        "events_of_the_median_history": float(np.median([len(history.items) for history in lesson.histories])),
        "stretches_of_the_first_epoch": len(first),
        "tokens_of_the_first_epoch": sum(len(reading.ids) for reading in first),
        "targets_of_the_first_epoch": sum(int((reading.targets != UNKNOWN).sum()) for reading in first),
        "steps": len(plan),
        "validation_targets": len(lesson.cases),
        "prompt": lesson.prompt,
        "augmentation": {
            "crops": f"at most {options.stretch} events, cut at another place in every epoch",
            "dropped_events": options.dropped,
            "hidden_residuals": options.hidden,
            "phrasings": options.phrasings,
        },
        "soft_targets": options.soft,
        "questions": {
            "of_each_stretch": options.questions,
            "asked": options.asked,
            "others": options.others,
            "loss": options.loss,
        },
        "seed": options.seed,
    }


def examples(lesson: Lesson, count: int) -> list[str]:
    """The first `count` examples, as the model reads them."""
    titles = [item.title for item in lesson.split.test.events.catalogue.values()]
    tokens = lesson.resources.engine.tokens
    return [_told(reading, tokens, titles) for reading in lesson.plan[0][:count]]


def _told(reading: Reading, tokens: Tokens, titles: list[str]) -> str:
    """The text, each target where it is to be predicted, and each question with its branches."""
    asked = {choice.place: choice for choice in reading.choices}
    lines, begin = [], 0
    for place, (end, target) in enumerate(zip(reading.ends.tolist(), reading.targets.tolist(), strict=True)):
        lines.append(tokens.decode(reading.ids[begin : end + 1].tolist()).rstrip("\n"))
        lines.append(f"    -> {titles[target] if target != UNKNOWN else 'unknown: nothing is learnt here'}")
        if choice := asked.get(place):
            lines.append(f"    ?{tokens.decode(list(choice.bridge))}".replace("\n", "\n    "))
            lines += [f"      {tokens.decode(list(branch)).strip()}" for branch in choice.branches]
        begin = end + 1
    return "\n".join(lines)
