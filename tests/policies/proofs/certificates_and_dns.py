"""See ``policies/rules/certificates_and_dns.py``."""

from __future__ import annotations

from tests.policies.proof import Proof

PROOFS: tuple[Proof, ...] = ()
