"""Ways to let a language model order the retriever's candidates, and the orders that need none."""
