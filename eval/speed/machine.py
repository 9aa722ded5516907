"""The machine's own rate: the dense products of a model's layers, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import linear


@dataclass(frozen=True, slots=True)
class Products:
    """The shapes of a decoder's linear layers, (out, in) each, and of its attention."""

    shapes: tuple[tuple[int, int], ...]
    attention: int

    @classmethod
    def of(cls, model: Any) -> Products:
        """Read off a loaded model, whatever holds its weights."""
        layers = [module for module in model.base_model.modules() if hasattr(module, "in_features")]
        config = model.config
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        width = config.num_hidden_layers * config.num_attention_heads * head
        return cls(tuple((layer.out_features, layer.in_features) for layer in layers), width)

    def operations(self, tokens: int, pairs: int = 0) -> float:
        """Floating-point operations for so many tokens, of which `pairs` (reader, read) attend to each other."""
        return 2.0 * tokens * sum(out * into for out, into in self.shapes) + 4.0 * pairs * self.attention

    def work(self, tokens: int, dtype: torch.dtype, device: torch.device) -> Callable[[], None]:
        """All products of a pass of so many tokens, one after the other."""
        weights = [torch.randn(shape, dtype=dtype, device=device) for shape in self.shapes]
        inputs = {into: torch.randn(tokens, into, dtype=dtype, device=device) for _, into in self.shapes}

        def run() -> None:
            with torch.inference_mode():
                for weight in weights:
                    linear(inputs[weight.shape[1]], weight)

        return run


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, on a GPU until it is done there."""
    _settle()
    start = time.perf_counter()
    work()
    _settle()
    return time.perf_counter() - start


def _settle() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
