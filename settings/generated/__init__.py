"""What AWS offers, as data with its date. ``python -m settings.generated.refresh`` writes it."""
