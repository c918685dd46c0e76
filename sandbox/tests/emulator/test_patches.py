"""Every function of moto that the embedded AWS replaces is still the one that the replacement was written for."""

from __future__ import annotations

import pytest

from sandbox.emulator import patching

patching.install()


@pytest.mark.parametrize("patch", patching.PATCHES, ids=lambda patch: patch.target)
def test_upstream_source_is_unchanged(patch: patching.Patch) -> None:
    """A new moto that changes a replaced function fails here, naming it, before anything subtle goes wrong."""
    assert patch.upstream_sha256() == patch.sha256, (
        f"moto changed {patch.target}: read it again, mend the replacement, then paste its hash from "
        "`python -m sandbox.emulator.patching`"
    )


def test_each_target_is_replaced_once() -> None:
    """Two replacements of one function would depend on the order in which they are loaded."""
    targets = [patch.target for patch in patching.PATCHES]
    assert sorted(targets) == sorted(set(targets))


def test_an_operation_that_aws_does_not_have_cannot_be_added() -> None:
    """A misspelt operation would never be called."""
    from moto.sns.responses import SNSResponse

    def describe_the_moon(self: object, parameters: dict[str, object]) -> None: ...

    with pytest.raises(LookupError, match="sns has no operation describe_the_moon"):
        patching.operation(SNSResponse)(describe_the_moon)


def test_only_functions_can_be_replaced() -> None:
    """A replaced class would no longer be the one that other modules imported."""
    with pytest.raises(TypeError, match="only functions"):
        patching.patch("moto.sns.models:Topic", sha256="")
