"""Turns a quantised GGUF file into a folder that any transformers release loads as it loads its own.

Weights read from GGUF cannot be quantised again or saved, so they are copied once into a plain bf16 model. They stay
the quantised ones: the result is close to the published model, not equal to it.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from workspace.errors import AssetError


def convert_gguf(gguf_file: Path, folder: Path) -> None:
    """Write the model and the tokenizer of `gguf_file` to `folder`, as bf16 safetensors.

    Raises:
        AssetError: the file's text is split in a way that is not known here, or it has no chat template.
    """
    with _quiet_transformers():
        _convert_model(gguf_file, folder)
        _convert_tokenizer(gguf_file, folder)


def _convert_model(gguf_file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    source = AutoModelForCausalLM.from_pretrained(gguf_file.parent, gguf_file=gguf_file.name, dtype=torch.bfloat16)
    config = source.config
    del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    plain.load_state_dict(source.state_dict())
    plain.tie_weights()
    plain.save_pretrained(folder)
    # safetensors makes its file readable by its owner alone.
    for weights in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", weights)


def _convert_tokenizer(gguf_file: Path, folder: Path) -> None:
    from transformers import AutoTokenizer

    fields = _fields(gguf_file)
    tokenizer = AutoTokenizer.from_pretrained(gguf_file.parent, gguf_file=gguf_file.name)
    if not tokenizer.chat_template:
        raise AssetError(f"{gguf_file.name} has no chat template; choose an instruct model")
    tokenizer.backend_tokenizer.pre_tokenizer = _pre_tokenizer(fields["tokenizer.ggml.pre"])
    tokenizer.model_max_length = fields["llama.context_length"]
    tokenizer.save_pretrained(folder)


def _fields(gguf_file: Path) -> dict[str, Any]:
    from gguf import GGUFReader

    names = ("tokenizer.ggml.pre", "llama.context_length")
    reader = GGUFReader(gguf_file)
    return {name: reader.fields[name].contents() for name in names}


def _pre_tokenizer(kind: str) -> Any:
    # transformers ignores this field and always splits like GPT-2, which glues a blank line to the digit after it
    # differently: "\n\n1." would get tokens that SmolLM2 never saw there.
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    if kind != "smollm":
        raise AssetError(f"the GGUF file splits text by the rule {kind!r}; only 'smollm' is known")
    return Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    # Its GGUF reader draws its bar whatever the settings say; the import comes first, or its log would stay redirected.
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.set_verbosity(verbosity)
