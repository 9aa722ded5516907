from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import retrieval.index
from retrieval.encoder import Vectors
from retrieval.index import ItemIndex
from workspace.artefact import current, publish


def made(items: int, seed: int = 0, width: int = 16) -> Vectors:
    return np.random.default_rng(seed).standard_normal((items, width), np.float32)


def names(items: int) -> list[str]:
    return [f"i{place}" for place in range(items)]


@pytest.mark.parametrize("items", [200, 2_000])
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, items: int) -> None:
    monkeypatch.setattr(retrieval.index, "EXACT_UP_TO", 300)
    index = ItemIndex(names(items), made(items))
    index.withdraw(["i5"])
    loaded = ItemIndex.load(publish(tmp_path, {}, index.save))
    query = made(1, 3)[0]
    assert np.array_equal(np.stack(index.search(query, 30)), np.stack(loaded.search(query, 30)))
    assert (loaded.item_ids, loaded.places, loaded.dimension) == (index.item_ids, index.places, index.dimension)
    assert (loaded.kind, loaded.recall) == (index.kind, index.recall)
    loaded.add(["new"], 50 * query[None])
    loaded.withdraw(["i6"])
    again = ItemIndex.load(publish(tmp_path, {}, loaded.save))
    assert again.search(query, 1)[0] == again.places["new"]
    assert not {5, 6} & {*again.search(query, items)[0].tolist()}


def test_loading_reads_no_vectors(tmp_path: Path) -> None:
    saved = publish(tmp_path, {}, ItemIndex(names(2_000), made(2_000, width=384)).save)
    tracemalloc.start()
    start = time.perf_counter()
    index = ItemIndex.load(saved)
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 0.2
    assert peak < index.vectors.nbytes / 2
    assert index.vectors.flags.writeable  # torch warns about arrays that are not


def test_a_kill_while_it_is_published_leaves_the_old_or_the_new_one_whole(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from retrieval.index import ItemIndex; from workspace.artefact import publish\n"
        "for version in range(1, 10_000):\n"
        "    vectors = np.full((2_000, 384), version, np.float32)\n"
        "    index = ItemIndex([f'{version}-{place}' for place in range(2_000)], vectors)\n"
        "    publish(Path(sys.argv[1]), {'version': version}, index.save)\n"
        "    print(version, flush=True)\n"
    )
    draw = random.Random(0)
    for _ in range(6):
        command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            published = int(writer.stdout.readline())
            time.sleep(draw.uniform(0, 0.1))
            writer.send_signal(signal.SIGKILL)
            published = max([published, *map(int, writer.stdout.read().split())])
        artefact = current(tmp_path, "run: foretaste fit")
        version = artefact.about["version"]
        assert version in (published, published + 1)
        index = ItemIndex.load(artefact)
        assert index.item_ids[-1] == f"{version}-1999"
        assert (index.vectors == version).all()
