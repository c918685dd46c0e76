"""Tests of how the Pulumi CLI is found, downloaded or built, and of its wrapper."""
