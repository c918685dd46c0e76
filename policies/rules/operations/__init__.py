"""Alarms, logs, tags and protection, and the pack's own config."""
