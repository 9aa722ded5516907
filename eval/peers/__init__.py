"""The systems to compare with, each with the formula that it stands for."""
