"""See ``policies/rules/stack_wide.py``."""

from __future__ import annotations

from tests.policies.proof import Proof

PROOFS: tuple[Proof, ...] = ()
