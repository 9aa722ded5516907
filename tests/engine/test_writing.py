"""Writing on from many stems at once: what each would get alone, token by token, from the model itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

import engine.texts
from engine.local import LocalEngine
from engine.protocol import WriteLimits
from engine.stems import StemCache
from engine.texts import before_stop, certain, drafted
from engine.writing import Writing
from prompts.segment import Piece, Segment
from workspace.errors import ModelError
from workspace.home import Home

QUESTIONS = [
    "Name the capital of France.",
    "Repeat this sentence word for word, three times: The silver river runs by the old stone garden at night.",
    "Count from one to nine.",
    "Write one line about the sea. " * 12,
    "What is two and two?",
]
SYSTEM = "You are brief, and you answer in the words of the question."


def test_a_draft_is_what_followed_the_last_time() -> None:
    assert drafted([1, 2, 3, 4, 5, 1, 2, 3], 4) == [4, 5, 1, 2]
    assert drafted([1, 2, 3, 7, 1, 2, 3, 8, 9, 1, 2, 3], 2) == [8, 9]
    assert drafted([9, 1, 2, 4, 6, 0, 1, 2], 2) == [4, 6]
    assert drafted([0, 1, 2, 7, 5, 1, 2, 8, 0, 1, 2], 1) == [7]
    assert drafted([4, 4, 4], 3) == [4]


def test_nothing_is_drafted_where_nothing_came_again_or_nothing_is_wanted() -> None:
    assert drafted([1, 2, 3, 4], 4) == []
    assert drafted([1], 4) == []
    assert drafted([], 4) == []
    assert drafted([1, 2, 3, 1, 2], 0) == []


def test_what_may_still_change_is_held_back() -> None:
    assert certain("one\ntwo\n", ("\n\n",)) == "one\ntwo"
    assert certain("one <e", ("<end>", "\n")) == "one "
    assert certain("caf\ufffd", ()) == "caf"
    assert before_stop("one<end>two\n", ("\n", "<end>")) == ("one", True)
    assert before_stop("one", ("\n",)) == ("one", False)


@pytest.fixture(scope="module")
def fp32(real_home: Home) -> LocalEngine:
    return LocalEngine(real_home.models / "smollm2-135m-instruct", "fp32")


@pytest.fixture(scope="module")
def nf4(real_home: Home) -> LocalEngine:
    return LocalEngine(real_home.models / "smollm2-135m-instruct", "nf4")


def asked(engine: LocalEngine, question: str) -> Segment:
    opening, closing = engine.tokens.chat([("system", SYSTEM), ("user", "<>")]).split("<>")
    return Segment((Piece(opening, data=False), Piece(question), Piece(closing, data=False)))


def all_of(engine: LocalEngine, questions: Sequence[str], tokens: int = 24, stop: tuple[str, ...] = ()) -> list[str]:
    texts = [""] * len(questions)
    for place, piece in engine.write_all([asked(engine, one) for one in questions], WriteLimits(tokens, stop)):
        texts[place] += piece
    return texts


def generated(engine: LocalEngine, question: str, tokens: int = 24) -> str:
    ids = [token for piece in engine.tokens.encode(asked(engine, question)) for token in piece]
    found = engine.model.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids)),
        max_new_tokens=tokens,
        do_sample=False,
        pad_token_id=2,
    )
    return engine.tokens.decode(found[0, len(ids) :].tolist())


@pytest.mark.model
def test_each_text_of_a_batch_is_what_the_model_generates(fp32: LocalEngine) -> None:
    fp32.stems = StemCache(2**29)
    expected = [generated(fp32, question) for question in QUESTIONS]
    assert all_of(fp32, QUESTIONS) == expected
    assert all_of(fp32, QUESTIONS) == expected, "warm"
    assert len(fp32.stems) == 1, "what is read once is not kept"
    assert [all_of(fp32, [question])[0] for question in QUESTIONS] == expected


@pytest.mark.model
def test_texts_of_several_openings_and_packs(fp32: LocalEngine) -> None:
    fp32.stems, fp32.pack_tokens = StemCache(2**29), 64
    stems = [Segment((Piece(asked(fp32, question).text, data=False),)) for question in QUESTIONS[:3]]
    try:
        texts = ["".join(fp32.write(stem, WriteLimits(16, ()))) for stem in stems]
        together = ["", "", ""]
        for place, piece in fp32.write_all(stems, WriteLimits(16, ())):
            together[place] += piece
    finally:
        fp32.pack_tokens = 2048
    assert together == texts == [generated(fp32, question, 16) for question in QUESTIONS[:3]]


@pytest.mark.model
def test_under_a_mask_the_texts_are_the_same(fp32: LocalEngine) -> None:
    fp32.stems = StemCache(2**29)
    expected = all_of(fp32, QUESTIONS)
    fp32.model.set_attn_implementation("sdpa")
    try:
        fp32.stems = StemCache(0)
        assert all_of(fp32, QUESTIONS) == expected
    finally:
        fp32.model.set_attn_implementation("blocks")


@pytest.mark.model
def test_in_nf4_neither_neighbours_nor_drafts_nor_the_cache_change_a_text(
    nf4: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    nf4.stems = StemCache(2**29)
    together = all_of(nf4, QUESTIONS, 40)
    assert [all_of(nf4, [question], 40)[0] for question in QUESTIONS] == together
    nf4.stems = StemCache(0)
    assert all_of(nf4, QUESTIONS, 40) == together
    monkeypatch.setattr(engine.texts, "DRAFT", 0)
    assert all_of(nf4, QUESTIONS, 40) == together


@pytest.mark.model
def test_drafts_change_no_text_and_save_passes(fp32: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    texts = []
    begun = Piece("The silver river runs by the old stone garden at night.\n" * 4)
    pieces = fp32.tokens.encode(asked(fp32, QUESTIONS[1]) + Segment((begun,)))
    for size in (engine.texts.DRAFT, 0):
        monkeypatch.setattr(engine.texts, "DRAFT", size)
        writing = Writing(fp32.model, fp32.tokens, WriteLimits(48, ()), 2048)
        texts.append("".join(piece for _, piece in writing.write([pieces], StemCache(0), "any")))
        passes.append(writing.passes)
    assert texts[0] == texts[1]
    assert "stone garden at night" in texts[0]
    assert passes[0] < 0.6 * passes[1]


@pytest.mark.model
def test_a_text_ends_before_its_stop_and_the_others_go_on(fp32: LocalEngine) -> None:
    whole = all_of(fp32, QUESTIONS[:3])
    stop = whole[0][-8:-2]
    assert all_of(fp32, QUESTIONS[:3], stop=(stop,)) == [text.partition(stop)[0] for text in whole]


@pytest.mark.model
def test_a_text_streams_in_pieces(fp32: LocalEngine) -> None:
    stems = [asked(fp32, question) for question in QUESTIONS]
    pieces = list(fp32.write_all(stems, WriteLimits(24, ())))
    assert all(piece for _, piece in pieces)
    assert {place for place, _ in pieces[:5]} == set(range(5)), "all are written at once"
    assert len(pieces) > 15


@pytest.mark.model
@pytest.mark.parametrize("tokens", range(1, 8))
def test_the_limit_counts_tokens_and_a_character_comes_whole(fp32: LocalEngine, tokens: int) -> None:
    stem = asked(fp32, "Repeat: 🦜🦚🦜🦚🦜🦚")
    begun = Segment((*stem.pieces, Piece("🦜🦚🦜")))
    pieces = list(fp32.write(begun, WriteLimits(tokens, ())))
    expected = "".join(list(fp32.write(begun, WriteLimits(30, ()))))
    assert "\ufffd" not in "".join(pieces)
    assert expected.startswith("".join(pieces))
    assert len(fp32.tokens.encode_text("".join(pieces))) <= tokens
    assert len(fp32.tokens.encode_text("🦜")) > 1
    assert "🦜" in expected


@pytest.mark.model
def test_no_stems_and_no_tokens_give_no_text_and_an_empty_stem_is_refused(fp32: LocalEngine) -> None:
    assert list(fp32.write_all([], WriteLimits(8))) == []
    assert all_of(fp32, QUESTIONS[:2], tokens=0) == ["", ""]
    with pytest.raises(ModelError, match="a stem is empty"):
        fp32.write_all([Segment(())], WriteLimits(8))
    with pytest.raises(ModelError, match="longer than the context"):
        fp32.write(asked(fp32, "long " * 9000), WriteLimits(8))
