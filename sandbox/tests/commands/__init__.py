"""Tests of the commands: start, status and stop."""
