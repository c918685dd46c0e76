"""Versioned objects: their delete markers can be deleted too, as emptying a versioned bucket does."""

from __future__ import annotations

from moto.s3.models import FakeDeleteMarker


def _let_go_of_nothing(_marker: FakeDeleteMarker) -> None:
    """moto disposes of every version that it deletes; a marker holds no content, and lacks the method."""


FakeDeleteMarker.dispose = _let_go_of_nothing
