"""Invalidations, which are complete at once."""

from __future__ import annotations

from typing import Any

from moto.cloudfront.models import Distribution, Invalidation

from sandbox.emulator.patching import patch


@patch(
    "moto.cloudfront.models:Invalidation.__init__",
    sha256="2b0c03767bff06fe909b82500930c8a73504aa8bc161b692bac6a7ed8d4d4f64",
    upstream="An invalidation has the status COMPLETED instead of Completed, so waiters never end.",
)
def _init(
    original: Any, invalidation: Invalidation, distribution: Distribution, paths: list[str], reference: str
) -> None:
    original(invalidation, distribution, paths, reference)
    invalidation.status = "Completed"
