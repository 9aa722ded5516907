"""What is fitted on and what is predicted: one definition a file."""
