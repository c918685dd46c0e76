"""The least that a program of this project's kind does."""
