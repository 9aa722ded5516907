"""Adapters: what is trained beside a model's own weights, kept apart from them as safetensors."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.methods import AfterStep, put
from workspace.errors import ModelError
from workspace.manifest import FileSum

WEIGHTS = "adapter.safetensors"
RANKS = "ranknum"
OF_A_MODEL = ("*.safetensors", "config.json", "tokenizer.json", "chat_template.jinja")


@dataclass(frozen=True, slots=True)
class AdapterShape:
    """The rank of the matrices, what they are multiplied by (`alpha` / `rank`), and their dropout in training.

    `depth` is how many of the model's layers are read through, 0 for all: a history's meaning is there before the last.
    `method` is one of `engine.methods`.
    """

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    depth: int = 0
    method: str = "lora"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter in a folder, with the shape that it was made with, and a name for people."""

    name: str
    folder: Path
    shape: AdapterShape


def add_adapter(model: Any, shape: AdapterShape, seed: int = 0, steps: int = 0) -> AfterStep | None:
    """Put fresh matrices beside every linear layer of `model`; only they are trained from then on, in so many `steps`.

    They are in float32, whatever the layers are in: steps of training are too small for bfloat16. Layers past the
    shape's depth are taken out. What is returned, if anything, is to be called after each step of training.

    Raises:
        ModelError: the model has not so many layers, or the method does not run on its weights.
    """
    import torch

    _cut_to(model, shape.depth)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        after_step = put(model, shape.method, shape.rank, shape.alpha, shape.dropout, steps)
    for name, value in model.named_parameters():
        if "lora_" in name:
            value.data = value.data.float()
    return after_step


def beside(model: Any) -> Any:
    """Another model of the same weights: they are shared, but what is put into one does not change the other."""
    return deepcopy(model, {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())})


def adapter_state(model: Any) -> dict[str, Any]:
    """The adapter's tensors by name: what is trained, and the ranks that AdaLoRA has come to."""
    found = model.state_dict(keep_vars=True)
    return {name: value.data for name, value in found.items() if value.requires_grad or RANKS in name}


def save_adapter(model: Any, folder: Path) -> None:
    """Write the adapter's tensors into `folder`, in bfloat16: half the room, and no score would tell the rest."""
    import torch
    from safetensors.torch import save_file

    tensors = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous() for name, value in adapter_state(model).items()
    }
    save_file(tensors, folder / WEIGHTS)


def load_adapter(model: Any, adapter: Adapter) -> None:
    """Put an adapter beside the layers of `model`, in the precision that the model computes in.

    Raises:
        ModelError: it was made for another architecture.
    """
    import torch

    add_adapter(model, adapter.shape)
    take_over(model, adapter)
    if model.dtype != torch.float32:  # products in float32 go by the number of rows, so no score would stand twice
        for name, value in model.named_parameters():
            if "lora_" in name:
                value.data = value.data.to(model.dtype)
    model.eval().requires_grad_(False)


def take_over(model: Any, adapter: Adapter) -> None:
    """Put an adapter's tensors into those that `add_adapter` has put beside the layers of `model`.

    Raises:
        ModelError: it was made for another architecture, or in another shape.
    """
    from safetensors.torch import load_file

    tensors, own = load_file(adapter.folder / WEIGHTS), adapter_state(model)
    if {name: value.shape for name, value in tensors.items()} != {name: value.shape for name, value in own.items()}:
        raise ModelError(
            f"the adapter {adapter.name!r} was made for another model or in another shape than "
            f"{asdict(adapter.shape)}: tune one for this model"
        )
    model.load_state_dict(tensors, strict=False)


def fingerprint(source: Path | str) -> str:
    """SHA-256 over the weights, configuration and tokenizer of a model's folder; of a hub's name, the name itself."""
    folder = Path(source)
    files = sorted({file for pattern in OF_A_MODEL for file in folder.glob(pattern)}) if folder.is_dir() else []
    sums = [(file.name, FileSum.of(file).sha256) for file in files]
    return sha256(repr(sums or str(source)).encode()).hexdigest()


def _cut_to(model: Any, depth: int) -> None:
    layers = getattr(model.base_model, "layers", ())
    if depth > len(layers):
        raise ModelError(f"a depth of {depth} is more than the {len(layers)} layers of {type(model).__name__}")
    if depth:
        model.base_model.layers = layers[:depth]
        model.config.num_hidden_layers = depth
