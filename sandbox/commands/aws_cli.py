"""The `aws` after `. .sandbox/env`: the AWS CLI of `.venv`, so that a machine needs none of its own."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from sandbox.commands.layout import Layout


def install(layout: Layout) -> Path:
    """Write `bin/aws` into the sandbox's directory. Returns its path."""
    # -I: without the user's Python settings and the current directory; -B: without bytecode files.
    command = shlex.join([sys.executable, "-IB", "-m", "awscli"])
    program = layout.commands / "aws"
    program.parent.mkdir(parents=True, exist_ok=True)
    new = program.with_suffix(".new")
    new.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    new.chmod(0o755)
    new.replace(program)
    return program
