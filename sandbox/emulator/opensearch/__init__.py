"""OpenSearch: domains in a VPC, partial updates, upgrades, and answers without the master user's password."""

from sandbox.emulator.opensearch import domains

__all__ = ["domains"]
