import numpy as np

from retrieval.clusters import clusters


def test_what_lies_together_is_one_cluster_and_the_same_seed_gives_the_same() -> None:
    generator = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, 16, dtype=np.float32), 20, axis=0)
    vectors = centres + 0.05 * generator.normal(size=centres.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = clusters(vectors, 3)
    assert len({tuple(part) for part in found.reshape(3, 20).tolist()}) == 3
    assert all(len(set(part)) == 1 for part in found.reshape(3, 20).tolist())
    assert clusters(vectors, 3).tolist() == found.tolist()


def test_fewer_items_than_clusters_are_one_each() -> None:
    assert sorted(clusters(np.eye(4, dtype=np.float32), 9).tolist()) == [0, 1, 2, 3]
    assert clusters(np.eye(1, dtype=np.float32), 5).tolist() == [0]
    assert clusters(np.zeros((0, 4), np.float32), 5).tolist() == []
