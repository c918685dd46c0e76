"""See ``policies/rules/network.py``."""

from __future__ import annotations

from tests.policies.proof import Proof

PROOFS: tuple[Proof, ...] = ()
