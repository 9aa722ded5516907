"""The report of small made results."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from eval.answers import HEADLINE, Answers, Judge
from eval.comparisons import compare
from eval.interactions import Interactions
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Case, Split
from eval.protocols.subset20 import NOTE, subset20
from eval.report import render, write_report
from eval.report_slices import by_history, by_popularity, cold, over_time, ranked
from eval.report_tables import number
from eval.results import Results, user_values
from eval.summary import summarise
from eval.systems import Scores, System
from retrieval.blend import log_softmax

Plant = Callable[[Callable[[Case, int], np.ndarray]], System]
Value = TypeVar("Value")
HOSTILE = '<script>alert("x")</script>&$\\frac_{x}$'


class Open(HTMLParser):
    """Counts tags, ids and addresses, and follows which tags are still open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def with_probabilities(answers: Answers, judge: Judge) -> Answers:
    """What the judge finds when popularity is the probability."""
    cases = judge.split.test.cases
    items = len(judge.split.test.events.catalogue)
    log_p = log_softmax(np.log(judge.split.test.events.counts + 1), np.ones((len(cases), items), bool))
    also = {"hit@20": np.ones(len(cases)), "tokens": np.full(len(cases), 1234.0)}
    return judge.answers("likely", cases, Scores(log_p, log_p, also=also), 0.01)


def results_of(split: Split, plant: Plant, systems: Sequence[str] = ("perfect", "worst", "likely")) -> Results:
    judge = Judge(split)
    rules: dict[str, Callable[[Case, int], np.ndarray]] = {
        "perfect": lambda case, count: np.arange(count) == case.target,
        "worst": lambda case, count: np.arange(count) != case.target,
    }
    answers = {}
    for name in systems:
        system = plant(rules.get(name, lambda case, count: np.arange(count) == case.target % 7))
        system.fit(split)
        found = judge.judge(name, system, 0.5)
        found = with_probabilities(found, judge) if name == "likely" else found
        answers[name] = replace(found, metrics={**found.metrics, "seconds": np.full(len(split.test.cases), 0.002)})
    users = np.array([case.user for case in split.test.cases])
    return Results(
        dataset="made",
        split=split,
        seed=0,
        settings={name: f"Planted({name!r})" for name in systems},
        answers=answers,
        systems={name: summarise(found, judge) for name, found in answers.items()},
        comparisons=compare(
            HEADLINE, {name: user_values(users, one.metrics[HEADLINE]) for name, one in answers.items()}
        ),
    )


@pytest.fixture
def results(walks: Interactions, plant: Plant) -> Results:
    return results_of(prequential(walks), plant)


def test_one_file_that_needs_nothing_else(results: Results, tmp_path: Path) -> None:
    file = write_report(results, tmp_path / "new" / "folder")
    assert file == tmp_path / "new" / "folder" / "report.html"
    page = file.read_text(encoding="utf-8")
    assert not re.search(r"https?:|@import|url\((?!#)", page)
    found = Open(page)
    assert not {"script", "link", "iframe", "img", "object", "base"} & set(found.tags)
    assert all(address.startswith("#") for address in found.addresses)
    assert {address[1:] for address in found.addresses} <= set(found.ids)
    assert set(re.findall(r"url\(#([^)]*)\)", page)) <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_every_system_and_figure_is_there(results: Results) -> None:
    page = render(results)
    texts = " ".join(Open(page).texts)
    for name, figures in results.systems.items():
        assert f'<th scope="row">{name}</th>' in page
        for metric, interval in figures.items():
            assert f'<th scope="col">{metric}' in page
            assert f"[{number(interval.low)}, {number(interval.high)}]" in texts
    for text in (results.split.split_hash, "Planted('worst')", "hit@20", "1,234"):
        assert text in texts
    assert all(number(found.detectable) in texts for found in results.comparisons)


def test_rows_are_by_the_headline_and_the_best_is_marked(results: Results) -> None:
    assert ranked(results) == ["perfect", "likely", "worst"]
    page = render(results)
    rows = re.findall(r'<tr><th scope="row">(\w+)</th><td>(.*?)</td>', page)
    assert [row[0] for row in rows[:3]] == ["perfect", "likely", "worst"]
    assert ["★" in row[1] for row in rows[:3]] == [True, False, False]


def test_text_from_data_is_escaped(results: Results) -> None:
    def renamed(values: Mapping[str, Value]) -> dict[str, Value]:
        return {HOSTILE if name == "likely" else name: value for name, value in values.items()}

    events = replace(results.split.test.events, left_out={HOSTILE: 3})
    hostile = replace(
        results,
        dataset=HOSTILE,
        split=replace(results.split, note=HOSTILE, test=replace(results.split.test, events=events)),
        settings=renamed(results.settings),
        answers=renamed(results.answers),
        systems=renamed(results.systems),
    )
    page = render(hostile)
    assert "<script" not in page
    assert "script" not in Open(page).tags
    assert HOSTILE in " ".join(Open(page).texts)


def test_the_same_results_give_the_same_bytes(results: Results, tmp_path: Path) -> None:
    first, second = (write_report(results, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize(
    ("protocol", "absent"),
    [(prequential, ()), (leave_one_out, ("time",)), (subset20, ("time",))],
)
def test_pictures_are_there_when_they_have_something_to_show(
    protocol: Callable[[Interactions], Split], absent: tuple[str, ...], walks: Interactions, plant: Plant
) -> None:
    page = render(results_of(protocol(walks), plant))
    figures = dict(re.findall(r'<figure id="(\w+)">(.*?)</figure>', page, flags=re.DOTALL))
    assert list(figures) == ["systems", "history", "popularity", "cold", "time", "calibration", "cost"]
    drawn = {name for name, content in figures.items() if '<svg role="img" aria-label="' in content}
    assert drawn >= set(figures) - {"cold", *absent}
    assert not drawn & set(absent)
    assert all(len(re.sub("<svg.*</svg>", "", content, flags=re.DOTALL)) > 80 for content in figures.values())


def test_without_probabilities_there_is_no_calibration(walks: Interactions, plant: Plant) -> None:
    page = render(results_of(prequential(walks), plant, ("perfect", "worst")))
    assert "No system of this run gives probabilities" in page
    assert "Are the probabilities true?" not in page


def test_a_system_that_orders_nothing_has_its_figures_but_no_headline(results: Results) -> None:
    figures = {"topic_accuracy": results.systems["likely"]["topic_accuracy"]}
    answers = replace(results.answers["likely"], metrics={})
    alone = replace(results, systems={"topics": figures}, answers={"topics": answers}, comparisons=[], settings={})
    page = render(alone)
    assert f"so there is no {HEADLINE}" in page
    assert "There is no pair of systems to compare" in page
    both = {**results.systems, "topics": figures}
    assert ranked(replace(results, systems=both))[-1] == "topics"


def test_at_most_eight_systems_in_a_picture_of_lines(walks: Interactions, plant: Plant) -> None:
    page = render(results_of(prequential(walks), plant, [f"number-{n}" for n in range(10)]))
    assert page.count("The 8 best of 10 systems are drawn") == 3
    figure = re.search(r'<figure id="history">.*?</figure>', page, flags=re.DOTALL)
    assert figure and "number-7</text>" in figure.group() and "number-9</text>" not in figure.group()


def test_subset20_says_what_it_cannot_be_compared_with(walks: Interactions, plant: Plant) -> None:
    assert NOTE in render(results_of(subset20(walks), plant, ("perfect",)))


def test_parts_hold_each_target_once(results: Results) -> None:
    for parts in (by_history(results), by_popularity(results), over_time(results)[1]):
        assert sum(part.targets for part in parts) == len(results.split.test.cases)
        assert all(part.figures["perfect"].mean == 1 and part.figures["worst"].mean == 0 for part in parts)


def test_cold_targets_are_those_that_no_fit_has_seen(made: Callable[..., Interactions], plant: Plant) -> None:
    timelines = ([0, 3, 4, 9], [5, 3, 4, 1], [0, 1, 4, 5])  # 1 and 5 stand in another's history, 9 in none
    events = made(*([(item, float(time)) for time, item in enumerate(items)] for items in timelines))
    (part,) = cold(results_of(leave_one_out(events), plant, ("perfect",)))
    assert part.targets == 1
