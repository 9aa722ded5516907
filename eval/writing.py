"""Chosen, written as the model came, or written as it was taught? `python -m eval.writing [--count 200]`, after a fit.

For items of lists that cite events the same facts are worded in three ways: by choosing among sentences, freely by the
model as it came, and freely with the adapter of `foretaste talk`. Of each: the share that passes the check at the first
try, the perplexity under the untuned model, words, how many different sentences there are once titles are left out, and
seconds a reason.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from agent.evidence import grounds_for
from agent.rationale import Draft, Pen, cites
from agent.recommender import Recommender
from agent.talk import talk_for
from engine.protocol import Node, Tree
from eval.intervals import bootstrap
from prompts.segment import Piece, Segment
from workspace.home import Home
from workspace.progress import track

EACH, TOGETHER = 10, 10


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Chosen, written as the model came, or as it was taught?")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    recommender = Recommender.open(Home.at())
    sample = list(islice(drafts(recommender, told.seed), told.count))
    print(f"{len(sample)} reasons\n")  # noqa: T201
    print("| way | verified | perplexity | words | sentences | seconds |\n|---|---|---|---|---|---|")  # noqa: T201
    for name, pen in pens(recommender).items():
        print(line(recommender, name, pen, sample))  # noqa: T201


def pens(recommender: Recommender) -> Mapping[str, Pen]:
    """The ways to word facts that there are."""
    know = recommender.knowledge
    renderer = know.resources.renderer
    found = {"chosen": Pen(know.engine, renderer), "as it came": Pen(know.engine, renderer, freely=True)}
    if taught := talk_for(know.resources.home, know.resources.fingerprint):
        found["as it was taught"] = Pen(know.engine.with_adapter(taught.adapter), renderer, freely=True, taught=True)
    return found


def drafts(recommender: Recommender, seed: int) -> Iterator[Draft]:
    """What can be said of items of lists that cite events, of users in a random order."""
    know = recommender.knowledge
    users = [one.user_id for one in know.store.timelines()]
    for place in np.random.default_rng(seed).permutation(len(users)).tolist():
        timeline = know.store.timeline(users[place])
        listing = recommender.listing(timeline, EACH, llm=False)
        items = [know.catalogue[one.item_id] for one in listing.items]
        grounds = grounds_for(know, timeline, items, listing.interests.now, llm=False)
        yield from (know.rationales.draft(one) for one in grounds if cites(one))


def line(recommender: Recommender, name: str, pen: Pen, drafts: Sequence[Draft]) -> str:
    """One way's row of the table."""
    start, texts = time.perf_counter(), list[str]()
    for first in track(range(0, len(drafts), TOGETHER), name, -(-len(drafts) // TOGETHER)):
        texts += pen.word(drafts[first : first + TOGETHER])
    seconds = (time.perf_counter() - start) / len(drafts)
    carried = recommender.knowledge.rationales.carried
    verified = bootstrap([float(carried(draft, text)) for draft, text in zip(drafts, texts, strict=True)])
    forms = {re.sub('"[^"]*"', "…", text) for text in texts}
    words = np.mean([len(text.split()) for text in texts])
    return (
        f"| {name} | {verified.mean:.1%} [{verified.low:.1%}, {verified.high:.1%}] | "
        f"{_perplexity(recommender, drafts, texts):.1f} | {words:.1f} | {len(forms)} | {seconds:.2f} |"
    )


def _perplexity(recommender: Recommender, drafts: Sequence[Draft], texts: Sequence[str]) -> float:
    """Of a token of the texts, under the untuned model after the facts."""
    know = recommender.knowledge
    renderer = know.resources.renderer
    told = [Segment((Piece(f"{text}\n"),)) for text in texts]
    stems = [renderer.conversation("rationale", "", examples=False, **draft.facts) for draft in drafts]
    trees = [Tree((Node(stem), Node(one, 0)), "likelihood") for stem, one in zip(stems, told, strict=True)]
    nats = sum(score.values[0] for score in know.engine.score_all(trees))
    return float(np.exp(-nats / sum(renderer.cost(one) for one in told)))


if __name__ == "__main__":
    main()
