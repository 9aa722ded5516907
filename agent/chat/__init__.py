"""The conversation: what a turn asks for, what is done about it, and what is answered."""
