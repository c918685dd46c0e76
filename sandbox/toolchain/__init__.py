"""The Pulumi CLI that the sandbox runs: found, downloaded or built, and kept off the tracked stack files."""
