"""Teaching it: training examples, adapters and their versions."""
