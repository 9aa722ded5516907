"""What is put beside a model's layers to be trained, by name, and which of them run on which weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from workspace.errors import ModelError

Method = Literal["lora", "adalora", "full"]
METHODS: tuple[Method, ...] = get_args(Method)
AfterStep = Callable[[int], None]
SPARE = 1.5  # times the rank that AdaLoRA begins with
REFUSED = {
    "prefix": "its keys and values would stand before every token, but what is kept of histories is read without them",
    "dora": "it divides by the norm of each weight, which 4-bit weights would have to be unpacked for in every step",
}


def put(model: Any, method: str, rank: int, alpha: int, dropout: float, steps: int = 0) -> AfterStep | None:
    """Put what is to be trained beside every linear layer of `model` but the vocabulary's.

    Training takes `steps`; what is returned, if anything, is to be called after each with its number, from 1 on, and
    once before the first step that is made, with the number of those made before.
    LoRA: Hu et al. 2022. AdaLoRA, which moves ranks to the layers that need them: Zhang et al. 2023.

    Raises:
        ModelError: there is no such method, or it does not run on these weights; the message says why.
    """
    check(method)
    if method == "adalora":
        return _adalora(model, rank, alpha, dropout, steps)
    if method == "lora":
        _lora(model, rank, alpha, dropout)
    else:
        _full(model)
    return None


def check(method: str) -> None:
    """Refuse what cannot be trained.

    Raises:
        ModelError: there is no such method, or it does not run here; the message says why.
    """
    if method not in METHODS:
        reason = REFUSED.get(method, "there is no such method")
        raise ModelError(f"method {method!r}: {reason}; take one of {', '.join(METHODS)}")


def check_gradients(model: Any) -> None:
    """Refuse weights that answers change so that no gradient passes them any more.

    Raises:
        ModelError: they are 4-bit weights on a CPU.
    """
    packed = any(type(layer).__name__ == "Linear4bit" for layer in model.modules())
    if packed and model.device.type == "cpu":
        raise ModelError(
            "4-bit weights of a model of this size are packed anew when a CPU has answered with them, and no gradient "
            "passes them after that: set precision bf16 in the settings, or tune on a GPU"
        )


def linear_layers(model: Any) -> list[str]:
    """The names of all linear layers but the vocabulary's."""
    from torch.nn import Linear

    head = model.get_output_embeddings()
    return [name for name, layer in model.named_modules() if isinstance(layer, Linear) and layer is not head]


def _lora(model: Any, rank: int, alpha: int, dropout: float) -> None:
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=linear_layers(model))
    inject_adapter_in_model(config, model)


def _adalora(model: Any, rank: int, alpha: int, dropout: float, steps: int) -> AfterStep | None:
    from peft import AdaLoraConfig, AdaLoraModel

    config = AdaLoraConfig(
        init_r=round(SPARE * rank),
        target_r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=linear_layers(model),
        total_step=max(10, steps),
        tinit=steps // 10,
        tfinal=steps // 3,
    )
    tuner = AdaLoraModel(model, config, "default")

    def after_step(step: int) -> None:
        values = {name: value for name, value in tuner.model.named_parameters() if "lora_E" in name}
        is_settled = step > config.total_step - config.tfinal
        if is_settled and config.rank_pattern is None:  # a run that goes on this late
            config.rank_pattern = {name: (value != 0).flatten().tolist() for name, value in values.items()}
        if is_settled or any(value.grad is not None for value in values.values()):
            tuner.update_and_allocate(step)

    return after_step if steps else None


def _full(model: Any) -> None:
    """Give every linear layer weights of its own, in place of those that it shares."""
    import torch
    from torch import nn

    if model.dtype != torch.float32:
        raise ModelError(
            f"method 'full': steps of training are too small for weights in {model.dtype}, or they are packed; "
            "set precision fp32 in the settings, or take lora"
        )
    model.requires_grad_(False)
    for name in linear_layers(model):
        layer = model.get_submodule(name)
        layer.weight = nn.Parameter(layer.weight.detach().clone())
