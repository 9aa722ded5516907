"""Loading a causal language model in the precision that was asked for."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from workspace.errors import ModelError
from workspace.settings import Precision

UNSUPPORTED = ("attn_logit_softcapping", "final_logit_softcapping", "logits_scaling", "logit_scale")
SMALL = 2**30  # parameters of a model whose weights may take more room than they need, to be faster on a CPU


def load_model(source: Path | str, precision: Precision) -> tuple[Any, Any]:
    """The model, in evaluation mode on the GPU where there is one, and its tokenizer.

    `nf4` and `int8` are quantised by bitsandbytes while loading, on CPU and CUDA alike; computing is in bfloat16. On a
    CPU the 4-bit weights of a model that is small enough are unpacked once, see `unpack`, and where the CPU has no
    products in bfloat16 all of its weights are held in float32, the values as they were.

    Raises:
        ModelError: `source` is no model that transformers can load.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    from engine.attention import NAME

    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", message="MatMul8bitLt")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        model = AutoModelForCausalLM.from_pretrained(
            source,
            dtype=torch.float32 if precision == "fp32" else torch.bfloat16,
            attn_implementation=NAME if device == "cpu" else "sdpa",
            device_map={"": device},
            **_quantised(precision),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"cannot load the language model {str(source)!r}: {str(error).splitlines()[0]}") from error
    _check_supported(model, source)
    if device == "cpu" and precision != "int8":
        _settle_on_cpu(model, precision)
    return model.eval(), tokenizer


def _settle_on_cpu(model: Any, precision: Precision) -> None:
    """Hold the weights of a small model as this CPU multiplies them fastest; their values stay."""
    import torch

    if model.num_parameters() > SMALL:
        return
    if precision == "nf4":
        unpack(model)
    # Without units for it a product in bfloat16 takes 8 times as long as in float32, its gradient 35 times.
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        torch.nn.Module.float(model)  # its own refuses, since it takes unpacked weights for packed ones


def _check_supported(model: Any, source: Path | str) -> None:
    """Refuse what a packed pass would get wrong in silence.

    Raises:
        ModelError: the model caps its logits or its attention, or attends to sinks.
    """
    config = model.config.get_text_config()
    capped = [name for name in UNSUPPORTED if getattr(config, name, None)]
    if capped or any(name.endswith("sinks") for name, _ in model.named_parameters()):
        raise ModelError(
            f"the language model {str(source)!r} cannot be read in packed passes: it has "
            f"{' and '.join(capped) or 'sinks'}; choose another, for instance of the Llama or Qwen family"
        )


def unpack(model: Any) -> None:
    """Put plain bfloat16 layers of the same 4-bit values in the place of the quantised ones.

    With many rows the 4-bit kernel of a CPU is a third slower than bfloat16's, and it repacks weights in place.
    """
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, Linear4bit):
                weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(torch.bfloat16)
                plain = torch.nn.Linear(layer.in_features, layer.out_features, layer.bias is not None, device="meta")
                plain.weight = torch.nn.Parameter(weight, requires_grad=False)
                plain.bias = layer.bias
                setattr(parent, name, plain)


def _quantised(precision: Precision) -> dict[str, Any]:
    import torch
    from transformers import BitsAndBytesConfig

    if precision == "nf4":
        # Double quantisation must stay on: without it a served model cannot be saved faithfully.
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
        return {"quantization_config": config}
    if precision == "int8":
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    return {}
