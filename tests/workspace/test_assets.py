"""The registry of assets, fetching them whole or not at all, and telling a damaged one."""

from __future__ import annotations

import json
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from subprocess import run
from types import MappingProxyType

import pytest

import workspace.assets as assets
from workspace.assets import Asset, asset_folder, fetch, find_asset, load_assets, verify
from workspace.download import Wheel
from workspace.errors import AssetError, DamagedArtefact, NotReady, StoreError
from workspace.home import Home
from workspace.manifest import MANIFEST, FileSum

CONTENT = {"notes.txt": b"five stars\n", "sub/numbers.csv": b"1,2\n" * 500}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one tiny wheel, and a registry that knows it as `tiny`."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    path = folder / "tiny_data-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**CONTENT, "unwanted.py": b"raise SystemExit"}.items():
            archive.writestr(f"tiny_data/inner/{name}", content)
    sums = {name: FileSum(len(content), sha256(content).hexdigest()) for name, content in CONTENT.items()}
    tiny = Asset(
        "tiny",
        "data",
        "none",
        "",
        Wheel("tiny-data", "1.0", FileSum.of(path)),
        "tiny_data/inner",
        MappingProxyType(sums),
    )
    monkeypatch.setattr(assets, "load_assets", lambda: {"tiny": tiny})
    return folder


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_three_defaults_are_known_and_pinned() -> None:
    assert {name: asset.kind for name, asset in load_assets().items()} == {
        "smollm2-135m-instruct": "model",
        "all-minilm-l6-v2": "encoder",
        "movielens-100k": "data",
    }
    for asset in load_assets().values():
        assert asset.licence
        assert asset.files
        assert all(len(each.sha256) == 64 and each.bytes > 0 for each in (asset.wheel.sum, *asset.files.values()))


def test_an_unknown_name_is_answered_with_the_known_ones(home: Home) -> None:
    with pytest.raises(AssetError, match=r"'gpt-9'.*smollm2-135m-instruct, all-minilm-l6-v2, movielens-100k"):
        find_asset("gpt-9")
    with pytest.raises(AssetError, match="'../gpt'"):
        fetch(home, "../gpt")


def test_nothing_fetched_says_what_to_run(home: Home) -> None:
    with pytest.raises(NotReady, match="run: foretaste fetch movielens-100k"):
        asset_folder(home, "movielens-100k")


def test_fetch_takes_the_named_files_only(home: Home, wheels: Path) -> None:
    folder = fetch(home, "tiny", wheels)
    assert folder == asset_folder(home, "tiny") == home.models / "tiny"
    assert visible(folder) == [MANIFEST, "notes.txt", "sub"]
    assert all((folder / name).read_bytes() == content for name, content in CONTENT.items())
    assert visible(home.models) == ["tiny"]
    verify(folder)


def test_a_second_fetch_does_nothing(home: Home, wheels: Path, tmp_path: Path) -> None:
    folder = fetch(home, "tiny", wheels)
    before = (folder / "notes.txt").stat()
    assert fetch(home, "tiny", tmp_path / "no wheels here") == folder
    assert (folder / "notes.txt").stat() == before


def test_a_changed_byte_is_found_and_fetched_again(home: Home, wheels: Path) -> None:
    folder = fetch(home, "tiny", wheels)
    (folder / "notes.txt").write_bytes(b"four stars\n")
    expected = r"notes.txt is damaged: SHA-256 \w{12}… of 11 bytes, expected \w{12}… of 11; run: foretaste fetch tiny"
    with pytest.raises(DamagedArtefact, match=expected):
        verify(folder)
    fetch(home, "tiny", wheels, again=True)
    verify(folder)
    assert visible(home.models) == ["tiny"]


@pytest.mark.parametrize(
    "damage", ["gone", "short", "manifest gone", "manifest garbled", "manifest odd", "other wheel"]
)
def test_an_incomplete_folder_is_not_ready_and_is_repaired(home: Home, wheels: Path, damage: str) -> None:
    folder = fetch(home, "tiny", wheels)
    match damage:
        case "gone":
            (folder / "notes.txt").unlink()
        case "short":
            (folder / "notes.txt").write_bytes(b"five")
        case "manifest gone":
            (folder / MANIFEST).unlink()
        case "manifest garbled":
            (folder / MANIFEST).write_bytes(b"\xff{")
        case "manifest odd":
            (folder / MANIFEST).write_text("[1]")
        case "other wheel":
            content = json.loads((folder / MANIFEST).read_text())
            (folder / MANIFEST).write_text(json.dumps({**content, "wheel": "0" * 64}))
    with pytest.raises(NotReady, match="run: foretaste fetch tiny"):
        asset_folder(home, "tiny")
    if damage != "other wheel":
        with pytest.raises(DamagedArtefact, match="foretaste fetch tiny --again"):
            verify(folder)
    fetch(home, "tiny", wheels)
    verify(asset_folder(home, "tiny"))


@pytest.mark.parametrize("step", ["_unpack", "_convert", "write_manifest"])
def test_an_interruption_leaves_no_folder_or_the_old_one(
    home: Home, wheels: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(assets, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(home, "tiny", wheels)
    assert visible(home.models) == []
    folder = fetch(home, "tiny", wheels)
    with monkeypatch.context() as patch:
        patch.setattr(assets, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(home, "tiny", wheels, again=True)
    verify(folder)
    assert visible(home.models) == ["tiny"]


def test_what_a_killed_fetch_left_is_cleared(home: Home, wheels: Path) -> None:
    (home.models / ".tiny.new").mkdir()
    (home.models / ".tiny.new" / "half").write_bytes(b"x")
    assert visible(fetch(home, "tiny", wheels)) == [MANIFEST, "notes.txt", "sub"]
    assert visible(home.models) == ["tiny"]


def test_a_folder_without_the_wheel_says_how_to_get_it(home: Home, wheels: Path) -> None:
    (wheel,) = wheels.iterdir()
    wheel.rename(wheels / "other.whl")
    with pytest.raises(AssetError, match=r"no tiny_data-1.0-\*.whl in .*pip download --no-deps tiny-data==1.0"):
        fetch(home, "tiny", wheels)


def test_another_wheel_of_the_same_name_is_refused_and_kept(home: Home, wheels: Path) -> None:
    (wheel,) = wheels.iterdir()
    wheel.write_bytes(b"not a wheel")
    with pytest.raises(AssetError, match=r"is damaged: .* of 11 bytes.*pip download"):
        fetch(home, "tiny", wheels)
    assert wheel.exists()
    assert visible(home.models) == []


def test_a_full_disk_is_explained(home: Home, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def to_full_disk(*_: object) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    monkeypatch.setattr(assets, "write_manifest", to_full_disk)
    with pytest.raises(StoreError, match="the disk is full"):
        fetch(home, "tiny", wheels)
    assert visible(home.models) == []


def test_importing_assets_is_light() -> None:
    heavy = "{'torch', 'transformers', 'gguf', 'tokenizers', 'rich', 'numpy'}"
    run([sys.executable, "-c", f"import sys, workspace.assets; assert not {heavy} & set(sys.modules)"], check=True)


@pytest.mark.model
def test_the_fetched_defaults_are_whole() -> None:
    for name in load_assets():
        verify(asset_folder(Home.at(), name))


@pytest.mark.model
def test_the_converted_tokenizer_is_the_published_one() -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(asset_folder(Home.at(), "smollm2-135m-instruct"))
    ids = tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    assert ids == [0, 1, 2]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.model_max_length) == (1, 2, 8192)
    assert tokenizer.tokenize("a\n\n1. Toy  7 (1995)") == ["a", "ĊĊ", "1", ".", "ĠToy", "ĠĠ", "7", "Ġ(", *"1995", ")"]
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], add_generation_prompt=True, tokenize=False
    )
    assert text == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.model
def test_the_converted_model_answers_and_stops() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = asset_folder(Home.at(), "smollm2-135m-instruct")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    output = model.generate(**prompt, max_new_tokens=12, do_sample=False)
    answer = tokenizer.decode(output[0, prompt["input_ids"].shape[1] :])
    assert answer == "The capital of France is Paris.<|im_end|>"
