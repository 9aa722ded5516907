"""What a language model's work costs on the machine at hand, beside the other ways to do the same work."""
