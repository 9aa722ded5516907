"""Packed lessons: what they share is there once, and each token of an answer sees its own sentence and no other."""

from __future__ import annotations

from tuning.sentences import Sentence, packed

SENTENCES = (
    Sentence(((1, 2), (3,), (4, 5)), (6, 7)),
    Sentence(((1, 2), (3,), (8,)), (9,)),
    Sentence(((1, 2), (10, 11)), (12, 13, 14)),
)


def test_each_token_of_an_answer_sees_its_own_sentence_alone() -> None:
    found = packed(SENTENCES)
    ids, positions, sight = found["ids"][0], found["positions"][0], found["sight"][0, 0]
    assert len(ids) == 2 + 1 + 2 + 2 + 1 + 1 + 2 + 3  # beginnings are there once
    seen = []
    for place, wanted in zip(found["before"].tolist(), found["wanted"].tolist(), strict=True):
        here = sight[place].nonzero()[:, 0]
        assert positions[here].tolist() == list(range(len(here)))
        seen.append([*ids[here].tolist(), wanted])
    alone = [[token for piece in one.prompt for token in piece] + list(one.answer) for one in SENTENCES]
    assert seen == [
        whole[: len(whole) - len(one.answer) + count + 1]
        for whole, one in zip(alone, SENTENCES, strict=True)
        for count in range(len(one.answer))
    ]
