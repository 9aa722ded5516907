"""What it means: topics and how much of a user's interest each has, as arrays and names."""
