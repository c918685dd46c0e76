"""See ``policies/rules/beanstalk.py``."""

from __future__ import annotations

from tests.policies.proof import Proof

PROOFS: tuple[Proof, ...] = ()
