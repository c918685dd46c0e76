"""The Pulumi CLI: finds, downloads or builds it, and keeps it from writing into the tracked stack files."""
