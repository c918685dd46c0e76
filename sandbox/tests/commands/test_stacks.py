"""The stacks are asked for their outputs at once, and each answer stays with its stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.commands import stacks
from sandbox.commands.engine import Engine
from sandbox.commands.errors import SandboxError

_SLOW_FIRST = '[ "$5" = prod ] && sleep 0.2; printf \'{"name": "%s"}\' "$5"'


def _engine(directory: Path, script: str) -> Engine:
    command = directory / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return Engine(command=command, project=directory, environment={})


def test_outputs_stay_with_their_stack(tmp_path: Path) -> None:
    """Whichever stack answers first, in the order in which they were asked for."""
    found = stacks.outputs(_engine(tmp_path, _SLOW_FIRST), ("prod", "preprod"))
    assert list(found.items()) == [("prod", {"name": "prod"}), ("preprod", {"name": "preprod"})]


def test_a_stack_that_cannot_be_asked_is_an_error(tmp_path: Path) -> None:
    """Of one of several commands at once, too, the words reach the person."""
    engine = _engine(tmp_path, '[ "$5" = preprod ] && { echo "no stack preprod" >&2; exit 1; }; echo "{}"')
    with pytest.raises(SandboxError, match="no stack preprod"):
        stacks.outputs(engine, ("prod", "preprod"))
