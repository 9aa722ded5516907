import numpy as np

from retrieval.clusters import centres, nearest


def test_what_lies_together_is_one_cluster_and_the_same_seed_gives_the_same() -> None:
    generator = np.random.default_rng(0)
    middles = np.repeat(np.eye(3, 16, dtype=np.float32), 20, axis=0)
    vectors = middles + 0.05 * generator.normal(size=middles.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = nearest(vectors, centres(vectors, 3))
    assert len({tuple(part) for part in found.reshape(3, 20).tolist()}) == 3
    assert all(len(set(part)) == 1 for part in found.reshape(3, 20).tolist())
    assert nearest(vectors, centres(vectors, 3)).tolist() == found.tolist()


def test_fewer_items_than_clusters_are_one_each() -> None:
    few = np.eye(4, dtype=np.float32)
    assert sorted(nearest(few, centres(few, 9)).tolist()) == [0, 1, 2, 3]
    assert nearest(few[:1], centres(few[:1], 5)).tolist() == [0]
    assert nearest(few[:0], centres(few[:0], 5)).tolist() == []
