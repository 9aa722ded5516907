"""`report.html`: what an evaluation found, as one page that needs nothing else."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.answers import HEADLINE
from eval.comparisons import Comparison
from eval.protocols import leave_one_out, prequential, subset20
from eval.protocols.split import Split
from eval.report_slices import headline
from eval.report_tables import comparison_table, glossary, number, system_tables
from eval.results import Results
from workspace.errors import explained_disk_errors

HTML = "report.html"
MOST_REASONS = 20
DEFINITIONS: Mapping[str, str | None] = {
    leave_one_out.NAME: leave_one_out.leave_one_out.__doc__,
    prequential.NAME: prequential.prequential.__doc__,
    subset20.NAME: subset20.subset20.__doc__,
}


def write_report(results: Results, folder: Path) -> Path:
    """Write `report.html` into `folder`, which is made where missing; the same results give the same bytes.

    Raises:
        ImportError: matplotlib is missing; the message has the line that installs it.
        StoreError: the disk is full or may not be written.
    """
    page = render(results)
    file = folder / HTML
    with explained_disk_errors(file):
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8", newline="\n")
    return file


def render(results: Results) -> str:
    """The page as text. All that came from data is escaped."""
    from eval.report_figures import Figures  # matplotlib takes a while

    environment = Environment(
        loader=PackageLoader("eval"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    against_best, others = _compared(results)
    return environment.get_template("report.html.jinja").render(
        results=results,
        headline=HEADLINE,
        definition=_paragraphs(DEFINITIONS.get(results.split.protocol) or ""),
        facts=_facts(results),
        left_out=_left_out(results.split),
        best=next(iter(headline(results)), ""),
        tables=system_tables(results),
        glossary=glossary(results),
        comparisons=[comparison_table(found) if found else None for found in (against_best, others)],
        pictures=list(Figures(results)),
        settings=_settings(results),
    )


def _facts(results: Results) -> list[tuple[str, str]]:
    split = results.split
    users = len({case.user for case in split.test.cases})
    events = split.test.events
    return [
        ("dataset", results.dataset or "not named"),
        ("protocol", split.protocol),
        ("targets", f"{len(split.test.cases):,}"),
        ("users", f"{users:,}"),
        ("may be fitted on", f"{len(events):,} events, {len(events.item_ids):,} items in the catalogue"),
        ("cut in time", "none" if split.cut is None else _moment(split.cut)),
        ("seed", str(results.seed)),
        ("split hash", split.split_hash),
    ]


def _moment(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC ({seconds:.0f})"
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return f"{seconds:g}"


def _left_out(split: Split) -> list[tuple[str, str]]:
    reasons = sorted(split.test.events.left_out.items(), key=lambda one: (-one[1], one[0]))
    found = [(reason, f"{count:,}") for reason, count in reasons[:MOST_REASONS]]
    rest = reasons[MOST_REASONS:]
    if rest:
        found.append((f"{len(rest):,} further reasons", f"{sum(count for _, count in rest):,}"))
    return found


def _compared(results: Results) -> tuple[Sequence[Comparison], Sequence[Comparison]]:
    """The comparisons that the best system is in, then the others."""
    best = next(iter(headline(results)), None)
    in_order = sorted(results.comparisons, key=lambda one: -one.difference.mean)
    with_best = [one for one in in_order if best in (one.better, one.other)]
    return with_best, [one for one in in_order if best not in (one.better, one.other)]


def _settings(results: Results) -> list[tuple[str, str, str]]:
    fitted = {name: found.fit_seconds for name, found in results.answers.items()}
    seconds = {name: number(fitted.get(name, math.nan)) for name in results.settings}
    return [(name, text, seconds[name]) for name, text in results.settings.items()]


def _paragraphs(docstring: str) -> list[str]:
    """A docstring's paragraphs without its list of errors."""
    parts = inspect.cleandoc(docstring).split("\n\n")
    return [" ".join(part.replace("`", "").split()) for part in parts if part and not part.startswith("Raises:")]
