"""A tiny language model that learns in seconds, behind the real tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from engine.adapters import AdapterShape, add_adapter
from engine.reading import HeadShape, ReadingHead
from tuning.examples import History
from tuning.reader import Reader

ITEMS, WORDS = 12, 40


def made_histories(users: int = 24, events: int = 9) -> list[History]:
    """Everyone walks round the items in steps of two: each next item is certain. A line is two tokens."""
    found = []
    for user in range(users):
        items = [(user + 2 * step) % ITEMS for step in range(events)]
        found.append(History((38, 39), tuple((item, 30) for item in items), np.array(items)))
    return found


def made_model(words: int = WORDS, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=words,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=1_024,
    )
    return LlamaForCausalLM(config).eval()


def made_folder(folder: Path, tokenizer: Path, seed: int = 0) -> None:
    """Save such a model for the words of a real tokenizer."""
    found = AutoTokenizer.from_pretrained(tokenizer)
    made_model(len(found), seed).save_pretrained(folder)
    found.save_pretrained(folder)


def made_reader(items: int = ITEMS) -> Reader:
    model = made_model()
    add_adapter(model, AdapterShape(rank=4, alpha=8, dropout=0.0))
    texts = np.random.default_rng(0).normal(size=(items, 8)).astype(np.float32)
    head = ReadingHead(32, texts, np.ones(items, np.int64), HeadShape(width=16, dropout=0.1))
    return Reader(model, head)


@pytest.fixture
def histories() -> list[History]:
    return made_histories()


@pytest.fixture
def reader() -> Reader:
    return made_reader()
