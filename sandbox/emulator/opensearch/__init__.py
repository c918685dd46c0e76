"""OpenSearch: domains in a VPC, changes that keep what they do not name, upgrades, and no secret in an answer."""

from sandbox.emulator.opensearch import domains

__all__ = ["domains"]
