"""How it is said to the model: templates, segments, the token budget."""
