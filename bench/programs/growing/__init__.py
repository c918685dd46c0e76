"""As many resources as its stack is configured to have."""
