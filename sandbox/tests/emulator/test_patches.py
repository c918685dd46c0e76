"""Every patch of moto fits the installed moto, and says which bug of moto it corrects."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import pytest

from sandbox.emulator import patching

patching.install()

# A capital letter, at least three words, a full stop at the end, one line.
SENTENCE = re.compile(r"[A-Z]\S*( \S+)+ \S*[^\s.]\.")


@pytest.mark.parametrize("patch", patching.PATCHES, ids=lambda patch: patch.target)
def test_moto_has_not_changed_the_function(patch: patching.Patch) -> None:
    """A new moto that changes a patched function fails here, and the message names the function."""
    assert patch.installed_sha256() == patch.sha256, (
        f"{patch.target}: moto has changed it. Compare the patch with the new source, then copy its hash from "
        "`python -m sandbox.emulator.patching`."
    )


def test_each_function_is_patched_once() -> None:
    """Two patches of one function would depend on the order in which they are loaded."""
    targets = [patch.target for patch in patching.PATCHES]
    assert sorted(targets) == sorted(set(targets))


def test_the_bugs_of_moto_are_described_in_sentences() -> None:
    """Each can be sent to moto as it is: a whole sentence on one line, and no two patches share one."""
    bugs = [patch.upstream for patch in patching.PATCHES if patch.upstream]
    assert [bug for bug in bugs if not SENTENCE.fullmatch(bug) or len(bug) > 120] == []
    assert sorted(bugs) == sorted(set(bugs))


def test_the_bugs_of_moto_are_listed() -> None:
    """The command prints each bug below the function that has it."""
    command = [sys.executable, "-m", "sandbox.emulator.patching"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    listed = {line.split()[0]: after for line, after in itertools.pairwise(lines)}
    for patch in patching.PATCHES:
        assert (f"      bug: {patch.upstream}" == listed[patch.target]) is bool(patch.upstream)


def test_an_operation_that_aws_does_not_have_cannot_be_added() -> None:
    """A misspelt operation would never be called."""
    from moto.sns.responses import SNSResponse

    def describe_the_moon(self: object, parameters: dict[str, object]) -> None: ...

    with pytest.raises(LookupError, match="sns: got operation describe_the_moon"):
        patching.operation(SNSResponse)(describe_the_moon)


def test_only_functions_can_be_patched() -> None:
    """Modules that imported a class before it was replaced would go on using the old one."""
    with pytest.raises(TypeError, match="expected a function"):
        patching.patch("moto.sns.models:Topic", sha256="")
