"""See ``policies/rules/servers.py``."""

from __future__ import annotations

from tests.policies.proof import Proof

PROOFS: tuple[Proof, ...] = ()
