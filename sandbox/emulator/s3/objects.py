"""Versioned objects: delete markers can be deleted, as is needed to empty a bucket."""

from __future__ import annotations

from moto.s3.models import FakeDeleteMarker


def _let_go_of_nothing(_marker: FakeDeleteMarker) -> None:
    """moto calls this for every version that it deletes. A delete marker has no content to free."""


FakeDeleteMarker.dispose = _let_go_of_nothing
