"""Tests of the sandbox, one folder per part, with what they share."""
