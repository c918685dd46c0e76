"""Pulumi programs that are previewed for comparison; never deployed."""
