"""Tests of `release/`."""
