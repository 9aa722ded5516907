"""How good it is: metrics, comparisons and benchmarks."""
